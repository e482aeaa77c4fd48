import type { Labels, NetworkPolicyFacts, PolicyCatalogue, PolicyEndpointFacts } from '../model/network-policy.ts';
import type { NamespaceRegistry } from './namespace-registry.ts';
import type { PolicyChanges } from './policy-changes.ts';
import type { PolicyEndpointRegistry } from './policy-endpoint-registry.ts';
import type { PolicyRegistry } from './policy-registry.ts';

interface PolicySources {
  readonly policies: PolicyRegistry;
  readonly namespaces: NamespaceRegistry;
  readonly policyEndpoints: PolicyEndpointRegistry;
  readonly changes: PolicyChanges;
}

/** What of the cluster judgements are made of. */
export class ClusterPolicies implements PolicyCatalogue {
  readonly #sources: PolicySources;

  constructor(sources: PolicySources) {
    this.#sources = sources;
  }

  get isKnown(): boolean {
    return this.#sources.policies.isKnown;
  }

  get revision(): number {
    return this.#sources.changes.revision;
  }

  get changedMs(): number {
    return this.#sources.changes.changedMs;
  }

  namespaceChangedMs(namespaceName: string): number {
    return this.#sources.changes.namespaceChangedMs(namespaceName);
  }

  policies(namespaceName: string, timeMs: number): readonly NetworkPolicyFacts[] {
    return this.#sources.policies.of(namespaceName, timeMs);
  }

  namespaceLabels(namespaceName: string, timeMs: number): Labels | undefined {
    return this.#sources.namespaces.labels(namespaceName, timeMs);
  }

  policyEndpoints(namespaceName: string): readonly PolicyEndpointFacts[] {
    return this.#sources.policyEndpoints.of(namespaceName);
  }
}
