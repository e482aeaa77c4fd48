import type { DemoCluster } from './demo-cluster.ts';

/** Names of the demo's pods and Services by address, as `namespace/name`. */
export class KnownAddresses {
  readonly #names = new Map<string, string>();

  constructor(cluster: DemoCluster) {
    for (const pod of cluster.pods) this.#names.set(pod.status.podIP, `${pod.metadata.namespace}/${pod.metadata.name}`);
    for (const service of cluster.services)
      this.#names.set(service.spec.clusterIP, `service ${service.metadata.namespace}/${service.metadata.name}`);
    this.#names.set(cluster.nodeAddress, `node ${cluster.nodeName}`);
  }

  /** The name behind an address, or the address itself. */
  resolve(address: string): string {
    return this.#names.get(address) ?? address;
  }
}
