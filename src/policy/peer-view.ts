import { parseAddress } from '../lib/parse-address.ts';
import type { NamedEnd } from '../model/named-end.ts';
import type { Labels } from '../model/network-policy.ts';
import type { CompiledPeer } from './compile-policy.ts';
import type { LabelMatcher } from './label-matcher.ts';
import { least, MATCH, type Match } from './match.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';

/**
 * How an end looks to the rules of a policy. Most plugins take a hostNetwork pod for its node's address, others for a
 * pod; the API leaves it open, so that what selects it may match.
 */
export class PeerView {
  readonly end: NamedEnd;
  /** Labels of its namespace; undefined where they are not known. */
  readonly namespaceLabels: Labels | undefined;
  /** Whether selectors mean it at all. */
  readonly #isPod: Match;
  #bytes: Uint8Array | undefined;
  #isParsed = false;

  constructor(end: NamedEnd, namespaceLabels: Labels | undefined) {
    this.end = end;
    this.namespaceLabels = namespaceLabels;
    this.#isPod = toPodness(end);
  }

  /** @param namespaceName of the policy */
  matches({ pods, namespaces, block }: CompiledPeer, namespaceName: string): Match {
    if (block !== undefined) return this.#isIn(block);
    if (this.#isPod === MATCH.no) return MATCH.no;
    if (this.end.kind !== 'pod') return MATCH.maybe;
    if (pods?.matches(this.end.labels) === false) return MATCH.no;
    return least(this.#isPod, this.#isOfNamespace(namespaces, namespaceName));
  }

  /** Bytes of its address; undefined where it is not known. */
  get bytes(): Uint8Array | undefined {
    if (!this.#isParsed) {
      this.#isParsed = true;
      // A Service's own address is not that of the backend which rules are about.
      this.#bytes = this.end.kind === 'service' ? undefined : parseAddress(this.end.address);
    }
    return this.#bytes;
  }

  #isIn(block: NonNullable<CompiledPeer['block']>): Match {
    const { bytes } = this;
    if (bytes === undefined) return MATCH.maybe;
    return block.has(bytes) ? MATCH.yes : MATCH.no;
  }

  #isOfNamespace(namespaces: CompiledPeer['namespaces'], namespaceName: string): Match {
    if (namespaces === undefined) return this.end.namespaceName === namespaceName ? MATCH.yes : MATCH.no;
    if (namespaces.requirements.length === 0) return MATCH.yes;
    if (this.namespaceLabels === undefined) return matchByName(namespaces, this.end.namespaceName);
    return namespaces.matches(this.namespaceLabels) ? MATCH.yes : MATCH.no;
  }
}

/** Of a namespace that is not known its name is, which the API server sets as a label of it. */
function matchByName(namespaces: LabelMatcher, namespaceName = ''): Match {
  const unmet = namespaces.unmet({ [NAME_LABEL]: namespaceName });
  if (unmet.some(({ key }) => key === NAME_LABEL)) return MATCH.no;
  return unmet.length === 0 && namespaces.requirements.every(({ key }) => key === NAME_LABEL) ? MATCH.yes : MATCH.maybe;
}

function toPodness({ kind, isHostNetwork }: NamedEnd): Match {
  if (kind === 'external' || kind === 'node') return MATCH.no;
  return kind === 'pod' && !isHostNetwork ? MATCH.yes : MATCH.maybe;
}
