import { SILENT_LOG } from '../../../src/lib/log.ts';
import type { NetworkNamespace } from '../../../src/lib/network-namespace.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { ConntrackMirror } from '../../../src/nat/conntrack-mirror.ts';
import { NatTranslator } from '../../../src/nat/nat-translator.ts';

/** How a mirror hears of connections; `off` does not. */
export type MirrorSource = 'netlink' | 'command' | 'off';

export interface MirrorOptions {
  readonly source: MirrorSource;
  readonly receiveBufferBytes?: number;
}

/** What is told of the records of one node: a mirror of its connections, and all records that went by it. */
export class RecordTranslation {
  readonly #namespace: NetworkNamespace;
  readonly #options: MirrorOptions;
  readonly #records = new Map<string, FlowRecord[]>();
  /** Records that came while there was no mirror, as a probe keeps them that cannot reach its node. */
  readonly #waiting: { readonly pod: string; readonly batch: readonly FlowRecord[] }[] = [];
  #mirror: ConntrackMirror | undefined;
  #translator: NatTranslator | undefined;

  private constructor(namespace: NetworkNamespace, options: MirrorOptions) {
    this.#namespace = namespace;
    this.#options = options;
  }

  static async start(namespace: NetworkNamespace, options: MirrorOptions): Promise<RecordTranslation> {
    const translation = new RecordTranslation(namespace, options);
    await translation.up();
    return translation;
  }

  get mirror(): ConntrackMirror {
    if (this.#mirror === undefined) throw new RangeError('the mirror is down');
    return this.#mirror;
  }

  /** Translated records of a pod, in their order. */
  records(pod: string): readonly FlowRecord[] {
    return this.#records.get(pod) ?? [];
  }

  /** Keeps translated copies. */
  take(pod: string, batch: readonly FlowRecord[]): void {
    if (this.#translator === undefined) {
      this.#waiting.push({ pod, batch });
      return;
    }
    const translated = this.translate(batch);
    const known = this.#records.get(pod);
    if (known === undefined) this.#records.set(pod, translated);
    else known.push(...translated);
  }

  /** Copies of records as they are told now. */
  translate(batch: readonly FlowRecord[]): FlowRecord[] {
    const copies = batch.map((record) => ({ ...record }));
    this.#translator?.translateBatch(copies);
    return copies;
  }

  /** All that was known of connections is gone. */
  async down(): Promise<void> {
    await this.#mirror?.stop();
    this.#mirror = undefined;
    this.#translator = undefined;
  }

  /** Begins anew, with what waited. */
  async up(): Promise<void> {
    const { source, receiveBufferBytes = 16 * 2 ** 20 } = this.#options;
    const options = { source, namespacePath: this.#namespace.path, maxEntries: 131_072, receiveBufferBytes };
    const mirror = new ConntrackMirror(options, SILENT_LOG);
    await mirror.start();
    this.#mirror = mirror;
    this.#translator = new NatTranslator(mirror);
    for (const { pod, batch } of this.#waiting.splice(0)) this.take(pod, batch);
  }
}
