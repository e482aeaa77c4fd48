import type { ConntrackEntry } from '../../src/nat/conntrack-entry.ts';
import { hasPorts, toPortsWord, TUPLE, TUPLE_WORDS } from '../../src/nat/conntrack-entry.ts';
import type { ConntrackTable } from '../../src/nat/conntrack-table.ts';
import { EntryMatch } from '../../src/nat/entry-match.ts';
import ipaddr from 'ipaddr.js';
import { tupleOf } from './conntrack-entries.ts';

/** A lookup of `a:p>b:q` at a time, and what came of it in the same notation. */
export interface Found {
  readonly isTranslated: boolean;
  readonly isDelivered: boolean;
  readonly isReversed: boolean;
  readonly isAmbiguous: boolean;
  /** The entry's other tuple, where it is translated. */
  readonly other: string | undefined;
}

export interface LookupOptions {
  readonly protocol?: number;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly isFirst?: boolean;
  readonly icmpType?: number;
}

interface Resolver {
  readonly resolve: ConntrackTable['resolve'];
}

export function lookUp(table: Resolver, text: string, options: LookupOptions = {}): Found | undefined {
  const { protocol = 6, startMs = 0, endMs = startMs, isFirst = false, icmpType = 0 } = options;
  const { source, destination, sourcePort = 0, destinationPort = 0 } = tupleOf(text);
  const isIpv6 = source.includes(':');
  const tuple = new Uint32Array(TUPLE_WORDS);
  tuple.set(toWords(source), TUPLE.source);
  tuple.set(toWords(destination), TUPLE.destination);
  tuple[TUPLE.ports] = toPortsWord(protocol, sourcePort, destinationPort, icmpType);
  const match = new EntryMatch();
  if (!table.resolve(tuple, isIpv6, protocol, { startMs, endMs, isFirst }, match)) return undefined;
  const { isTranslated, isDelivered, isReversed, isAmbiguous } = match;
  const other = isTranslated ? toTupleText(match.other, isIpv6, hasPorts(protocol)) : undefined;
  return { isTranslated, isDelivered, isReversed, isAmbiguous, other };
}

function toWords(address: string): number[] {
  const bytes = Buffer.from(ipaddr.parse(address).toByteArray());
  return Array.from({ length: bytes.length / 4 }, (_, word) => bytes.readUInt32BE(4 * word));
}

function toTupleText(tuple: Uint32Array, isIpv6: boolean, withPorts: boolean): string {
  const ports = tuple[TUPLE.ports] ?? 0;
  const end = (at: number, port: number): string => {
    const bytes = Buffer.alloc(isIpv6 ? 16 : 4);
    for (let word = 0; word < bytes.length / 4; word++) bytes.writeUInt32BE(tuple[at + word] ?? 0, 4 * word);
    const address = ipaddr.fromByteArray([...bytes]).toString();
    if (!withPorts) return address;
    return `${isIpv6 ? `[${address}]` : address}:${port}`;
  };
  return `${end(TUPLE.source, ports >>> 16)}>${end(TUPLE.destination, ports & 0xffff)}`;
}

/** Puts an entry into a table as an event that was told at once. */
export function addAt(table: ConntrackTable, entry: ConntrackEntry, timeMs: number): void {
  table.add(entry, timeMs, { fromMs: timeMs, toMs: timeMs });
}

export function endAt(table: ConntrackTable, entry: ConntrackEntry, timeMs: number): void {
  table.end(entry, -Infinity, { fromMs: timeMs, toMs: timeMs });
}
