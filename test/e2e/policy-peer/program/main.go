// The peer of the policy evaluator: reads cases as JSON lines, writes what others' code says of each as a JSON line.
//
// The API server's own code reads, defaults and validates the policies (k8s.io/kubernetes); the API's own library matches
// selectors (k8s.io/apimachinery); Cyclonus, a conformance tester of network plugins, says what the policies admit.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
)

type connection struct {
	// "namespace/pod", or an address outside the cluster.
	Source      string        `json:"source"`
	Destination string        `json:"destination"`
	Protocol    core.Protocol `json:"protocol"`
	Port        int           `json:"port"`
}

type request struct {
	Policies []json.RawMessage `json:"policies"`
	cluster
}

type cluster struct {
	policies    []*networking.NetworkPolicy
	Pods        []*core.Pod       `json:"pods"`
	Namespaces  []*core.Namespace `json:"namespaces"`
	Connections []connection      `json:"connections"`
}

// What is said of one connection; OwnSelectors is what Cyclonus says with its own matching of selectors.
type judgement struct {
	Egress       bool `json:"egress"`
	Ingress      bool `json:"ingress"`
	OwnSelectors bool `json:"ownSelectors"`
}

// Faults are one a policy, "" where the API server would take it; only where it takes all are there judgements.
type answer struct {
	Faults     []string    `json:"faults"`
	Judgements []judgement `json:"judgements"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var each request
		if err := json.Unmarshal(lines.Bytes(), &each); err != nil {
			fail(err)
		}
		if err := out.Encode(reply(each)); err != nil {
			fail(err)
		}
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
}

func reply(each request) answer {
	said := answer{Faults: []string{}, Judgements: []judgement{}}
	isValid := true
	for _, raw := range each.Policies {
		policy, fault := read(raw)
		said.Faults = append(said.Faults, fault)
		each.policies = append(each.policies, policy)
		isValid = isValid && fault == ""
	}
	if isValid {
		said.Judgements = judge(each.cluster)
	}
	return said
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
