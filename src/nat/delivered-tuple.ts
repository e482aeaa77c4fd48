import { AddressTexts } from '../lib/address-texts.ts';
import { toCommunityId } from '../lib/community-id.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import { hasPorts, isIcmp, TUPLE } from './conntrack-entry.ts';
import type { EntryMatch } from './entry-match.ts';

/** Writes the translated tuple of a record into it. */
export class DeliveredTuple {
  readonly #texts = new AddressTexts();
  readonly #ipv4 = { source: new Uint8Array(4), destination: new Uint8Array(4) };
  readonly #ipv6 = { source: new Uint8Array(16), destination: new Uint8Array(16) };

  /** Nothing is told of translation. */
  clear(record: FlowRecord): void {
    record.natSourceAddress = undefined;
    record.natSourcePort = undefined;
    record.natDestinationAddress = undefined;
    record.natDestinationPort = undefined;
    record.natCommunityId = undefined;
    record.natOriginalSourceAddress = undefined;
    record.natOriginalSourcePort = undefined;
    record.natOriginalDestinationAddress = undefined;
    record.natOriginalDestinationPort = undefined;
  }

  /** @param isReversed the record stands the other way round than its entry */
  tell(record: FlowRecord, match: EntryMatch, isReversed: boolean): void {
    const bytes = record.networkType === 'ipv6' ? this.#ipv6 : this.#ipv4;
    const ports = match.other[TUPLE.ports]!;
    const lead = isReversed ? TUPLE.destination : TUPLE.source;
    writeBytes(bytes.source, match.other, lead);
    writeBytes(bytes.destination, match.other, lead === TUPLE.source ? TUPLE.destination : TUPLE.source);
    const hasPort = hasPorts(record.protocolNumber);
    const sourcePort = hasPort ? (isReversed ? ports & 0xffff : ports >>> 16) : undefined;
    const destinationPort = hasPort ? (isReversed ? ports >>> 16 : ports & 0xffff) : undefined;
    if (match.isDelivered) this.#tellOriginal(record, bytes, sourcePort, destinationPort);
    else this.#tellDelivered(record, bytes, sourcePort, destinationPort);
  }

  #tellDelivered(record: FlowRecord, ends: Ends, sourcePort?: number, destinationPort?: number): void {
    const hasTypes = isIcmp(record.protocolNumber);
    record.natSourceAddress = this.#texts.toText(ends.source);
    record.natSourcePort = sourcePort;
    record.natDestinationAddress = this.#texts.toText(ends.destination);
    record.natDestinationPort = destinationPort;
    record.natCommunityId = toCommunityId({
      protocol: record.protocolNumber,
      source: ends.source,
      destination: ends.destination,
      sourcePort: hasTypes ? record.icmpType : sourcePort,
      destinationPort: hasTypes ? record.icmpCode : destinationPort,
    });
  }

  /** What the record observed is the delivered tuple, whose Community ID it has. */
  #tellOriginal(record: FlowRecord, ends: Ends, sourcePort?: number, destinationPort?: number): void {
    record.natSourceAddress = record.sourceAddress;
    record.natSourcePort = record.sourcePort;
    record.natDestinationAddress = record.destinationAddress;
    record.natDestinationPort = record.destinationPort;
    record.natCommunityId = record.communityId;
    record.natOriginalSourceAddress = this.#texts.toText(ends.source);
    record.natOriginalSourcePort = sourcePort;
    record.natOriginalDestinationAddress = this.#texts.toText(ends.destination);
    record.natOriginalDestinationPort = destinationPort;
  }
}

interface Ends {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

function writeBytes(target: Uint8Array, tuple: Uint32Array, from: number): void {
  for (let byte = 0; byte < target.length; byte++) target[byte] = tuple[from + (byte >>> 2)]! >>> (24 - 8 * (byte & 3));
}
