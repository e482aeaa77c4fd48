package main

import (
	"fmt"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
)

// judge says what Cyclonus makes of each connection of a cluster: once with every selector replaced by a label that what
// the API's library matches carries, and once with selectors as Cyclonus reads them, which differs (see README.md).
func judge(each cluster) []judgement {
	own := judgeAll(each)
	exact := judgeAll(withExactSelectors(each))
	for i := range exact {
		exact[i].OwnSelectors = own[i].Egress && own[i].Ingress
	}
	return exact
}

func judgeAll(each cluster) []judgement {
	rules := matcher.BuildNetworkPolicies(false, each.policies)
	ends := endsOf(each)
	judgements := make([]judgement, len(each.Connections))
	for i, connection := range each.Connections {
		destination := ends.named(connection.Destination)
		for _, name := range portNames(destination.pod, connection) {
			allowed := rules.IsTrafficAllowed(&matcher.Traffic{
				Source:           ends.named(connection.Source).peer,
				Destination:      destination.peer,
				ResolvedPort:     connection.Port,
				ResolvedPortName: name,
				Protocol:         connection.Protocol,
			})
			judgements[i].Egress = judgements[i].Egress || allowed.Egress.IsAllowed()
			judgements[i].Ingress = judgements[i].Ingress || allowed.Ingress.IsAllowed()
		}
	}
	return judgements
}

// portNames are the names that the pod gives the port: the matcher takes one at a time. "" stands for none.
func portNames(pod *core.Pod, to connection) []string {
	names := []string{""}
	if pod == nil {
		return names
	}
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			protocol := port.Protocol
			if protocol == "" {
				protocol = core.ProtocolTCP
			}
			if port.Name != "" && protocol == to.Protocol && int(port.ContainerPort) == to.Port {
				names = append(names, port.Name)
			}
		}
	}
	return names
}

type end struct {
	peer *matcher.TrafficPeer
	pod  *core.Pod
}

type ends map[string]end

// endsOf gives the pods of a cluster by "namespace/name".
func endsOf(each cluster) ends {
	labels := map[string]map[string]string{}
	for _, namespace := range each.Namespaces {
		labels[namespace.Name] = namespace.Labels
	}
	all := ends{}
	for _, pod := range each.Pods {
		all[fmt.Sprintf("%s/%s", pod.Namespace, pod.Name)] = end{pod: pod, peer: &matcher.TrafficPeer{
			IP: pod.Status.PodIP,
			Internal: &matcher.InternalPeer{
				PodLabels:       pod.Labels,
				NamespaceLabels: labels[pod.Namespace],
				Namespace:       pod.Namespace,
			},
		}}
	}
	return all
}

// named is a pod, or else an address outside the cluster.
func (all ends) named(name string) end {
	if pod, isPod := all[name]; isPod {
		return pod
	}
	return end{peer: &matcher.TrafficPeer{IP: name}}
}

// peersOf are all peers that a policy names.
func peersOf(policy *networking.NetworkPolicy) (peers []*networking.NetworkPolicyPeer) {
	for i := range policy.Spec.Ingress {
		for j := range policy.Spec.Ingress[i].From {
			peers = append(peers, &policy.Spec.Ingress[i].From[j])
		}
	}
	for i := range policy.Spec.Egress {
		for j := range policy.Spec.Egress[i].To {
			peers = append(peers, &policy.Spec.Egress[i].To[j])
		}
	}
	return peers
}
