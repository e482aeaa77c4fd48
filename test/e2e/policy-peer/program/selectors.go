package main

import (
	"fmt"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// withExactSelectors gives a cluster that says the same, whose selectors are single labels: what each selects is told by the
// API's own library.
func withExactSelectors(each cluster) cluster {
	exact := cluster{Connections: each.Connections}
	for _, pod := range each.Pods {
		exact.Pods = append(exact.Pods, pod.DeepCopy())
	}
	for _, namespace := range each.Namespaces {
		exact.Namespaces = append(exact.Namespaces, namespace.DeepCopy())
	}
	for _, policy := range each.policies {
		exact.policies = append(exact.policies, withMarks(policy.DeepCopy(), each, exact))
	}
	return exact
}

func withMarks(policy *networking.NetworkPolicy, each cluster, exact cluster) *networking.NetworkPolicy {
	policy.Spec.PodSelector = *markPods(&policy.Spec.PodSelector, each.Pods, exact.Pods, policy.Name)
	for i, peer := range peersOf(policy) {
		mark := fmt.Sprintf("%s-%s-%d", policy.Namespace, policy.Name, i)
		if peer.PodSelector != nil {
			peer.PodSelector = markPods(peer.PodSelector, each.Pods, exact.Pods, mark)
		}
		if peer.NamespaceSelector != nil {
			peer.NamespaceSelector = markNamespaces(peer.NamespaceSelector, each.Namespaces, exact.Namespaces, mark)
		}
	}
	return policy
}

func markPods(selector *meta.LabelSelector, pods []*core.Pod, marked []*core.Pod, mark string) *meta.LabelSelector {
	selects := compile(selector)
	for i, pod := range pods {
		if selects.Matches(labels.Set(pod.Labels)) {
			marked[i].Labels = with(marked[i].Labels, mark)
		}
	}
	return markOf(mark)
}

func markNamespaces(selector *meta.LabelSelector, all []*core.Namespace, marked []*core.Namespace, mark string) *meta.LabelSelector {
	selects := compile(selector)
	for i, namespace := range all {
		if selects.Matches(labels.Set(namespace.Labels)) {
			marked[i].Labels = with(marked[i].Labels, mark)
		}
	}
	return markOf(mark)
}

func compile(selector *meta.LabelSelector) labels.Selector {
	selects, err := meta.LabelSelectorAsSelector(selector)
	if err != nil {
		fail(err)
	}
	return selects
}

func with(all map[string]string, mark string) map[string]string {
	if all == nil {
		all = map[string]string{}
	}
	all[mark] = "yes"
	return all
}

func markOf(mark string) *meta.LabelSelector {
	return &meta.LabelSelector{MatchLabels: map[string]string{mark: "yes"}}
}
