package main

import (
	networking "k8s.io/api/networking/v1"
	internal "k8s.io/kubernetes/pkg/apis/networking"
	defaults "k8s.io/kubernetes/pkg/apis/networking/v1"
	"k8s.io/kubernetes/pkg/apis/networking/validation"
	"sigs.k8s.io/json"
)

// read does to a policy what the API server does: it decodes it, fills in the defaults, and says what is wrong with it.
func read(raw []byte) (*networking.NetworkPolicy, string) {
	policy := &networking.NetworkPolicy{}
	if err := json.UnmarshalCaseSensitivePreserveInts(raw, policy); err != nil {
		return policy, err.Error()
	}
	defaults.SetObjectDefaults_NetworkPolicy(policy)
	var converted internal.NetworkPolicy
	if err := defaults.Convert_v1_NetworkPolicy_To_networking_NetworkPolicy(policy, &converted, nil); err != nil {
		return policy, err.Error()
	}
	options := validation.NetworkPolicyValidationOptions{}
	if faults := validation.ValidateNetworkPolicy(&converted, options); len(faults) > 0 {
		return policy, faults.ToAggregate().Error()
	}
	return policy, ""
}
