import type { NamedEnd } from '../model/named-end.ts';
import type { Labels, NetworkPolicyFacts } from '../model/network-policy.ts';
import type { Judgement } from './judgement.ts';

/** Stands for all protocols and ports. */
export const ANY_PORT_KEY = -1;

/** Ports remembered of one pair of ends: a scan of all ports must not make it slow to find one. */
const MAX_PORTS = 32;

/** What a judgement was made of beside the ends: each stays the same object until it changes. */
export interface JudgementBasis {
  readonly sourcePolicies: readonly NetworkPolicyFacts[];
  readonly destinationPolicies: readonly NetworkPolicyFacts[];
  readonly sourceNamespaceLabels: Labels | undefined;
  readonly destinationNamespaceLabels: Labels | undefined;
}

export interface CachedJudgement {
  readonly portKey: number;
  readonly basis: JudgementBasis;
  readonly judgement: Judgement;
  /** The catalogue's revision of which it is known to hold. */
  revision: number;
  readonly next: CachedJudgement | undefined;
  /** Length of the list from here. */
  readonly length: number;
}

type Generation = Map<NamedEnd, Map<NamedEnd, CachedJudgement>>;

/** Judgements by ends and port. Two generations: a full one becomes the old one, of which goes on what is asked for again. */
export class JudgementCache {
  readonly #generationSize: number;
  #young: Generation = new Map();
  #old: Generation = new Map();
  #count = 0;

  /** @param maxJudgements most that are held, 2 or more */
  constructor(maxJudgements: number) {
    this.#generationSize = Math.max(1, Math.floor(maxJudgements / 2));
  }

  /** @returns what was last remembered of the ends and port, or of the ends and any port */
  get(source: NamedEnd, destination: NamedEnd, portKey: number): CachedJudgement | undefined {
    const young = findPort(this.#young.get(source)?.get(destination), portKey);
    if (young !== undefined) return young;
    const old = findPort(this.#old.get(source)?.get(destination), portKey);
    return old && this.set(source, destination, old.portKey, old.basis, old.judgement, old.revision);
  }

  set(
    source: NamedEnd,
    destination: NamedEnd,
    portKey: number,
    basis: JudgementBasis,
    judgement: Judgement,
    revision: number,
  ): CachedJudgement {
    this.#makeRoom();
    const pairs = this.#young.get(source) ?? new Map<NamedEnd, CachedJudgement>();
    this.#young.set(source, pairs);
    const others = without(pairs.get(destination), portKey);
    const cached = { portKey, basis, judgement, revision, next: others, length: (others?.length ?? 0) + 1 };
    pairs.set(destination, cached);
    this.#count++;
    return cached;
  }

  #makeRoom(): void {
    if (this.#count < this.#generationSize) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#count = 0;
  }
}

function findPort(first: CachedJudgement | undefined, portKey: number): CachedJudgement | undefined {
  for (let each = first; each !== undefined; each = each.next)
    if (each.portKey === portKey || each.portKey === ANY_PORT_KEY) return each;
  return undefined;
}

/** A list that has room for one more, and not that port. */
function without(list: CachedJudgement | undefined, portKey: number): CachedJudgement | undefined {
  if (list === undefined || list.length >= MAX_PORTS || findPort(list, portKey) === undefined) {
    return list !== undefined && list.length < MAX_PORTS ? list : undefined;
  }
  let kept: CachedJudgement | undefined;
  for (let each: CachedJudgement | undefined = list; each !== undefined; each = each.next)
    if (each.portKey !== portKey && each.portKey !== ANY_PORT_KEY)
      kept = { ...each, next: kept, length: (kept?.length ?? 0) + 1 };
  return kept;
}
