import type { NatCounters } from '../model/conntrack-counters.ts';
import type { DeliveredHints } from '../model/delivered-hint.ts';
import type { FlowRecord, NatState } from '../model/flow-record.ts';
import { resolveIcmpCounterpart } from '../model/icmp-counterpart.ts';
import { hasPorts, isIcmp, toPortsWord, TUPLE, TUPLE_WORDS } from './conntrack-entry.ts';
import { DeliveredTuple } from './delivered-tuple.ts';
import { EntryMatch, type RecordTime } from './entry-match.ts';
import { toMonotonicMs } from './monotonic-time.ts';
import { AddressParser } from './parse-address.ts';
import { swapDirection } from './swap-direction.ts';

/**
 * How far a record's time on the monotonic clock may be off: `Date.now()` tells whole milliseconds, and is read both
 * when the record gets its time and here.
 */
const CLOCK_GRAIN_MS = 2;

/** What the translator asks: the conntrack mirror. */
export interface EntryLookup {
  readonly toldUntilMs: number;
  catchUp(): void;
  resolve(tuple: Uint32Array, isIpv6: boolean, protocol: number, time: RecordTime, match: EntryMatch): boolean;
}

/**
 * Tells records what conntrack did to their packets. The tuple of a record is looked up as the original tuple of an
 * entry and as its delivered one, as it stands and reversed; `choose-entry.ts` says which of several entries it is.
 *
 * - Not found: `unresolved`, and nothing else is told. So are ICMP errors, which have no entry of their own, what has
 *   no ports where its protocol has some (later fragments), and what may be one of several that were translated
 *   differently (pings of two pods to one address behind one masquerade: records have no ICMP id). Unless a hint tells
 *   that its packets were translated and then dropped, for which conntrack keeps no entry: `translated` after all.
 * - Found and not translated: `none`.
 * - Found by the original tuple and translated: `translated`, with the delivered tuple.
 * - Found by the delivered tuple: `translated`, with the record's own tuple as the delivered one and the original one
 *   beside it, by which a client behind a masquerade becomes visible.
 *
 * Found reversed, conntrack knows better than a guess who began: source and destination are swapped. A SYN that was
 * seen is believed (conntrack may have met the connection in its middle): all is then told the record's way round.
 */
export class NatTranslator {
  readonly #entries: EntryLookup;
  readonly #hints: DeliveredHints | undefined;
  readonly #addresses = new AddressParser();
  readonly #delivered = new DeliveredTuple();
  readonly #tuple = new Uint32Array(TUPLE_WORDS);
  readonly #match = new EntryMatch();
  readonly #time = { startMs: 0, endMs: 0, isFirst: false };
  readonly #records: Record<NatState, number> = { none: 0, translated: 0, unresolved: 0 };
  #swapped = 0;

  /** @param hints asked where the mirror knows nothing */
  constructor(entries: EntryLookup, hints?: DeliveredHints) {
    this.#entries = entries;
    this.#hints = hints;
  }

  /** Sets all `nat*` fields and the initiator; never throws, whatever the record holds. */
  translate(record: FlowRecord): void {
    this.#setTime(record);
    if (this.#time.endMs + CLOCK_GRAIN_MS >= this.#entries.toldUntilMs) this.#entries.catchUp();
    this.#translate(record);
  }

  /** The same for several; events that wait are read at most once. */
  translateBatch(records: readonly FlowRecord[]): void {
    let mayCatchUp = true;
    for (const record of records) {
      this.#setTime(record);
      // An event not yet read may tell of the record's entry, also where an earlier one of the tuple is known.
      if (mayCatchUp && this.#time.endMs + CLOCK_GRAIN_MS >= this.#entries.toldUntilMs) {
        this.#entries.catchUp();
        mayCatchUp = false;
      }
      this.#translate(record);
    }
  }

  counters(): NatCounters {
    return { recordsByState: { ...this.#records }, swappedRecords: this.#swapped };
  }

  #translate(record: FlowRecord): void {
    const isFound = this.#setTuple(record) && this.#resolve(record) && !this.#match.isAmbiguous;
    this.#delivered.clear(record);
    const state = isFound ? (this.#match.isTranslated ? 'translated' : 'none') : this.#askHints(record);
    this.#records[state]++;
    record.natState = state;
    if (!isFound) return;
    const isReversed = this.#match.isReversed && !this.#swapToOriginal(record);
    if (record.initiator === 'guess') record.initiator = 'conntrack';
    if (state === 'translated') this.#delivered.tell(record, this.#match, isReversed);
  }

  #askHints(record: FlowRecord): 'translated' | 'unresolved' {
    const hint = this.#hints?.resolve(record);
    if (hint === undefined) return 'unresolved';
    const isSame =
      hint.destinationAddress === record.destinationAddress && hint.destinationPort === record.destinationPort;
    if (isSame) return 'unresolved';
    record.natSourceAddress = record.sourceAddress;
    record.natSourcePort = record.sourcePort;
    record.natDestinationAddress = hint.destinationAddress;
    record.natDestinationPort = hint.destinationPort;
    record.natCommunityId = hint.communityId;
    return 'translated';
  }

  /** Whether the record now stands as its entry does. */
  #swapToOriginal(record: FlowRecord): boolean {
    if (record.initiator !== 'guess') return false;
    swapDirection(record);
    this.#swapped++;
    return true;
  }

  #resolve(record: FlowRecord): boolean {
    const isIpv6 = record.networkType === 'ipv6';
    return this.#entries.resolve(this.#tuple, isIpv6, record.protocolNumber, this.#time, this.#match);
  }

  #setTime(record: FlowRecord): void {
    const time = this.#time;
    time.startMs = toMonotonicMs(record.startNs);
    time.endMs = toMonotonicMs(Math.max(record.startNs, record.endNs));
    time.isFirst = record.sequence === 0;
  }

  /** False when the record has no tuple that conntrack could know. */
  #setTuple(record: FlowRecord): boolean {
    const { protocolNumber: protocol, sourcePort, destinationPort, icmpType, networkType } = record;
    const isIpv6 = networkType === 'ipv6';
    if (hasPorts(protocol) && (sourcePort === undefined || destinationPort === undefined)) return false;
    if (isIcmp(protocol) && (icmpType === undefined || resolveIcmpCounterpart(networkType, icmpType) === undefined))
      return false;
    this.#tuple[TUPLE.ports] = toPortsWord(protocol, sourcePort ?? 0, destinationPort ?? 0, icmpType ?? 0);
    return (
      this.#addresses.parse(record.sourceAddress, isIpv6, this.#tuple, TUPLE.source) &&
      this.#addresses.parse(record.destinationAddress, isIpv6, this.#tuple, TUPLE.destination)
    );
  }
}
