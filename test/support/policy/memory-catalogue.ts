import { isDeepStrictEqual } from 'node:util';
import { FieldReader } from '../../../src/k8s/field-reader.ts';
import { SharedValues } from '../../../src/k8s/shared-values.ts';
import { trimNetworkPolicy } from '../../../src/k8s/trim-network-policy.ts';
import type {
  Labels,
  NetworkPolicyFacts,
  PolicyCatalogue,
  PolicyEndpointFacts,
} from '../../../src/model/network-policy.ts';

interface Version {
  readonly fromMs: number;
  readonly policies: ReadonlyMap<string, readonly NetworkPolicyFacts[]>;
  readonly namespaces: ReadonlyMap<string, Labels>;
}

const NONE: readonly never[] = [];

/** A catalogue of policies as objects of the API, told moment by moment; what did not change stays the same object. */
export class MemoryCatalogue implements PolicyCatalogue {
  revision = 0;
  isKnown = true;
  changedMs = -Infinity;
  endpoints: readonly PolicyEndpointFacts[] = [];
  readonly #reader = new FieldReader();
  readonly #shared = new SharedValues();
  readonly #facts = new WeakMap<object, NetworkPolicyFacts>();
  readonly #versions: Version[] = [];

  /** @param policies raw objects, all that there are from `fromMs` on */
  constructor(policies: readonly object[] = [], namespaces: Readonly<Record<string, Labels>> = {}, fromMs = 0) {
    this.tell(policies, namespaces, fromMs);
  }

  /** What there is from a moment on, later than all told so far. */
  tell(policies: readonly object[], namespaces: Readonly<Record<string, Labels>>, fromMs: number): void {
    const before = this.#versions[0];
    const facts = policies.flatMap((raw) => this.#trim(raw) ?? []);
    const lists = Map.groupBy(facts, ({ namespaceName }) => namespaceName);
    const labels = Object.entries(namespaces).map(
      ([name, told]) => [name, { 'kubernetes.io/metadata.name': name, ...told }] as const,
    );
    this.#versions.unshift({
      fromMs,
      policies: keepEqual(lists, before?.policies),
      namespaces: keepEqual(new Map(labels), before?.namespaces),
    });
    this.revision++;
    this.changedMs = fromMs;
  }

  namespaceChangedMs(): number {
    return this.changedMs;
  }

  policies(namespaceName: string, timeMs: number): readonly NetworkPolicyFacts[] {
    return this.#at(timeMs)?.policies.get(namespaceName) ?? NONE;
  }

  namespaceLabels(namespaceName: string, timeMs: number): Labels | undefined {
    return this.#at(timeMs)?.namespaces.get(namespaceName);
  }

  policyEndpoints(namespaceName: string): readonly PolicyEndpointFacts[] {
    return this.endpoints.filter((each) => each.policyNamespaceName === namespaceName);
  }

  #at(timeMs: number): Version | undefined {
    return this.#versions.find(({ fromMs }) => timeMs >= fromMs);
  }

  #trim(raw: object): NetworkPolicyFacts | undefined {
    const known = this.#facts.get(raw);
    if (known !== undefined) return known;
    this.#reader.reset();
    const facts = trimNetworkPolicy(raw, this.#reader, this.#shared);
    if (facts !== undefined) this.#facts.set(raw, facts);
    return facts;
  }
}

/** The values, those that were equal before as the objects that they were. */
function keepEqual<Value>(values: ReadonlyMap<string, Value>, before: ReadonlyMap<string, Value> | undefined) {
  const kept = [...values].map(([key, value]): [string, Value] => {
    const known = before?.get(key);
    return [key, known !== undefined && isDeepStrictEqual(known, value) ? known : value];
  });
  return new Map(kept);
}
