import type { DeliveredHint, DeliveredHints } from '../../model/delivered-hint.ts';
import type { FlowRecord } from '../../model/flow-record.ts';
import type { DropSum } from './drop-sum.ts';

const LIMIT = 16_384;
/** The observer and the tracepoint see a packet at almost the same time; queues and clock reading take their share. */
const SLACK_NS = 1e9;

interface Delivered extends DeliveredHint {
  readonly firstNs: number;
  lastNs: number;
}

/**
 * Remembers for a while where dropped packets were going, by their source, so that the record of a flow that conntrack
 * knows nothing of can be told its delivered tuple.
 *
 * A source that had packets for several destinations dropped at the time of a record tells nothing: which of them the
 * record belongs to cannot be said. Translated sources are not found, since a record has the one before translation.
 */
export class DeliveredDrops implements DeliveredHints {
  readonly #bySource = new Map<string, Delivered[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Takes a sum as it is now; to be told again when it has grown. */
  note(sum: DropSum): void {
    if (sum.sourcePort === undefined || sum.destinationPort === undefined) return;
    const key = toKey(sum.protocol, sum.sourceAddress, sum.sourcePort);
    const known = this.#bySource.get(key);
    // Sources are kept in the order in which they were last told of.
    if (known !== undefined) this.#bySource.delete(key);
    const list = known ?? [];
    this.#bySource.set(key, list);
    const same = list.find((one) => one.communityId === sum.communityId);
    if (same !== undefined) {
      same.lastNs = Math.max(same.lastNs, sum.lastNs);
      return;
    }
    const { destinationAddress, destinationPort, communityId, firstNs, lastNs } = sum;
    list.push({ destinationAddress, destinationPort, communityId, firstNs, lastNs });
    if (++this.#size > LIMIT) this.#forgetOldest();
  }

  resolve(record: FlowRecord): DeliveredHint | undefined {
    if (this.#size === 0 || record.sourcePort === undefined) return undefined;
    const list = this.#bySource.get(toKey(record.protocolNumber, record.sourceAddress, record.sourcePort));
    if (list === undefined) return undefined;
    const atTheTime = list.filter((one) => isAtTheTime(one, record));
    return atTheTime.length === 1 ? atTheTime[0] : undefined;
  }

  /** Forgets what was last told of before `timeNs` (since the Unix epoch). */
  prune(timeNs: number): void {
    for (const [key, list] of this.#bySource) {
      const kept = list.filter((one) => one.lastNs >= timeNs);
      this.#size -= list.length - kept.length;
      if (kept.length === 0) this.#bySource.delete(key);
      else if (kept.length < list.length) this.#bySource.set(key, kept);
    }
  }

  #forgetOldest(): void {
    for (const [key, list] of this.#bySource) {
      this.#bySource.delete(key);
      this.#size -= list.length;
      return;
    }
  }
}

function toKey(protocol: number, address: string, port: number): string {
  return `${protocol}/${port}/${address}`;
}

function isAtTheTime({ firstNs, lastNs }: Delivered, record: FlowRecord): boolean {
  return lastNs >= record.startNs - SLACK_NS && firstNs <= record.endNs + SLACK_NS;
}
