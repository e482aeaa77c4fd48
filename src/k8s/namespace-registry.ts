import type { Labels } from '../model/network-policy.ts';
import type { NamespaceFacts } from './kubernetes-object.ts';
import type { Tracked } from './object-table.ts';

export interface Namespace extends Tracked {
  readonly name: string;
  labels: Labels | undefined;
}

/** Namespaces by name. */
export class NamespaceRegistry {
  readonly #namespaces = new Map<string, Namespace>();

  /** Labels of a namespace; undefined where it has none or is not known. */
  labels(namespaceName: string): Labels | undefined {
    return this.#namespaces.get(namespaceName)?.labels;
  }

  tell({ name, labels }: NamespaceFacts): Namespace {
    const namespace = this.#namespaces.get(name) ?? { name, labels, round: 0 };
    namespace.labels = labels;
    this.#namespaces.set(name, namespace);
    return namespace;
  }

  forget({ name }: Namespace): void {
    this.#namespaces.delete(name);
  }
}
