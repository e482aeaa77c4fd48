import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { PODS, type NodeName, type PodName } from '../service-network/cluster-plan.ts';
import type { ServiceNetwork } from '../service-network/service-network.ts';
import { ObservedPod } from './observed-pod.ts';
import { RecordTranslation, type MirrorOptions, type MirrorSource } from './record-translation.ts';

/**
 * What `podflow probe` in the pods and `podflow node` on their node do together, within this process: capture on each
 * pod's interface, translated by the node's connections as the records come, once by each mirror.
 */
export class ObservedNode {
  readonly #untranslated = new Map<PodName, FlowRecord[]>();
  readonly #translations = new Map<MirrorSource, RecordTranslation>();
  readonly #pods: ObservedPod[] = [];

  private constructor() {}

  static async start(
    network: ServiceNetwork,
    name: NodeName,
    pods: readonly PodName[],
    mirrors: readonly MirrorOptions[],
  ): Promise<ObservedNode> {
    const node = new ObservedNode();
    for (const options of mirrors)
      node.#translations.set(options.source, await RecordTranslation.start(network.nodes[name], options));
    for (const pod of pods) {
      const take = (batch: FlowRecord[]): void => node.#take(pod, batch);
      node.#pods.push(await ObservedPod.start(network.pods[pod], Object.values(PODS[pod].address), take));
    }
    return node;
  }

  translation(source: MirrorSource): RecordTranslation {
    const translation = this.#translations.get(source);
    if (translation === undefined) throw new RangeError(`nothing is mirrored by ${source}`);
    return translation;
  }

  /** Records of a pod as captured, in their order. */
  untranslated(pod: PodName): readonly FlowRecord[] {
    return this.#untranslated.get(pod) ?? [];
  }

  /** Hands over what the captures still hold. */
  async finish(): Promise<void> {
    for (const pod of this.#pods) await pod.stop();
  }

  async close(): Promise<void> {
    await this.finish();
    for (const translation of this.#translations.values()) await translation.down();
  }

  #take(pod: PodName, batch: readonly FlowRecord[]): void {
    const known = this.#untranslated.get(pod);
    if (known === undefined) this.#untranslated.set(pod, [...batch]);
    else known.push(...batch);
    for (const translation of this.#translations.values()) translation.take(pod, batch);
  }
}
