import type { FactsRevision } from './facts-revision.ts';
import type { OwnedFacts, OwnerReference } from './kubernetes-object.ts';
import type { Registry, Tracked } from './object-table.ts';

/** Owners of owners are few; a cycle must end somewhere. */
const MAX_STEPS = 8;

/** Something that owns pods, or owns what does. */
export interface Owner extends Tracked {
  readonly key: string;
  readonly kind: string;
  readonly name: string;
  /** Its own owner, as far as it is known. */
  parent: Owner | undefined;
  /** Whether the object itself was told of and is there. */
  isPresent: boolean;
  /** Pods and owners that refer to it. */
  references: number;
}

/**
 * Owners of pods by kind, namespace and name. One that nobody told of is named by the reference to it; one that is gone
 * is remembered as long as something refers to it: a Deployment that is deleted loses its ReplicaSets before its pods.
 */
export class OwnerRegistry {
  readonly #owners = new Map<string, Owner>();
  readonly #revision: FactsRevision;

  constructor(revision: FactsRevision) {
    this.#revision = revision;
  }

  /** The owner referred to, which `release` must give back. */
  hold(namespaceName: string, { kind, name, isBuiltIn }: OwnerReference): Owner {
    const owner = this.#at(toKey(kind, namespaceName, name, isBuiltIn), kind, name);
    owner.references++;
    return owner;
  }

  release(owner: Owner): void {
    owner.references--;
    this.#forgetIfUnused(owner);
  }

  /** Takes in what ReplicaSets, or Jobs, say of their own owners. */
  of(kind: 'ReplicaSet' | 'Job'): Registry<OwnedFacts, Owner> {
    return { tell: (facts) => this.#tell(kind, facts), forget: (owner) => this.#forget(owner) };
  }

  #tell(kind: string, { namespaceName, name, owner: reference }: OwnedFacts): Owner {
    const owner = this.#at(toKey(kind, namespaceName, name, true), kind, name);
    owner.isPresent = true;
    if (isOwner(owner.parent, reference)) return owner;
    const before = owner.parent;
    owner.parent = reference === undefined ? undefined : this.hold(namespaceName, reference);
    if (before !== undefined) this.release(before);
    if (owner.references > 0) this.#revision.bump();
    return owner;
  }

  #forget(owner: Owner): void {
    owner.isPresent = false;
    this.#forgetIfUnused(owner);
  }

  #at(key: string, kind: string, name: string): Owner {
    let owner = this.#owners.get(key);
    if (owner === undefined) {
      owner = { key, kind, name, parent: undefined, isPresent: false, references: 0, round: 0 };
      this.#owners.set(key, owner);
    }
    return owner;
  }

  #forgetIfUnused(owner: Owner): void {
    if (owner.isPresent || owner.references > 0) return;
    this.#owners.delete(owner.key);
    const { parent } = owner;
    owner.parent = undefined;
    if (parent !== undefined) this.release(parent);
  }
}

/** The topmost owner known. */
export function toTopmostOwner(owner: Owner): Owner {
  let topmost = owner;
  for (let step = 0; step < MAX_STEPS && topmost.parent !== undefined; step++) topmost = topmost.parent;
  return topmost;
}

/** Whether an owner is the one that a reference names; both may be none. */
export function isOwner(owner: Owner | undefined, reference: OwnerReference | undefined): boolean {
  return owner?.name === reference?.name && owner?.kind === reference?.kind;
}

function toKey(kind: string, namespaceName: string, name: string, isBuiltIn: boolean): string {
  return `${isBuiltIn ? '' : 'other/'}${kind}/${namespaceName}/${name}`;
}
