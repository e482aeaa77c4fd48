import type { Labels } from '../model/network-policy.ts';
import type { Claim } from './claim.ts';
import { ClaimIndex, type ClaimLimits } from './claim-index.ts';
import { toFirstMs } from './first-time.ts';
import type { NamespaceFacts } from './kubernetes-object.ts';
import type { Tracked } from './object-table.ts';
import type { PolicyChanges } from './policy-changes.ts';
import { ANY_PORT } from './port-key.ts';
import { isSameLabels } from './same-labels.ts';

export interface Namespace extends Tracked {
  /** Its labels as they are now, and since when. */
  claim: Claim<Labels>;
}

/** Labels of namespaces by name and time. */
export class NamespaceRegistry {
  readonly #claims: ClaimIndex<Labels>;
  readonly #changes: PolicyChanges;

  constructor(limits: ClaimLimits, changes: PolicyChanges) {
    this.#claims = new ClaimIndex(limits);
    this.#changes = changes;
  }

  /** Labels of a namespace; undefined where it was not there then, nor shortly before or after. */
  labels(namespaceName: string, timeMs: number): Labels | undefined {
    return this.#claims.find(namespaceName, ANY_PORT, timeMs)?.holder;
  }

  tell({ name, labels, createdMs }: NamespaceFacts, nowMs: number, known: Namespace | undefined): Namespace {
    if (known === undefined) {
      const startMs = toFirstMs(createdMs, nowMs);
      this.#changes.note(name, startMs);
      return { claim: this.#claims.open(labels, name, 0, startMs, startMs), round: 0 };
    }
    const before = known.claim;
    if (isSameLabels(before.holder, labels)) return known;
    known.claim = this.#claims.open(labels, name, 0, nowMs, nowMs);
    this.#claims.end(before, nowMs, nowMs);
    this.#changes.noteEverywhere(nowMs);
    return known;
  }

  forget({ claim }: Namespace, nowMs: number): void {
    this.#claims.end(claim, nowMs, nowMs);
    this.#changes.note(claim.key as string, nowMs);
  }
}
