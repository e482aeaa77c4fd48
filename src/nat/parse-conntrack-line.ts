import type { ConntrackEventKind } from '../model/conntrack-counters.ts';
import { IP_PROTOCOL } from '../model/ip-protocol.ts';
import { type ConntrackEntry, hasPorts, ORIGINAL, REPLY, toPortsWord, TUPLE } from './conntrack-entry.ts';
import type { AddressParser } from './parse-address.ts';

/** What a line tells: an event, or an entry of a listing. */
export type ConntrackLineKind = ConntrackEventKind | 'entry';

const EVENT_KINDS: ReadonlyMap<string, ConntrackEventKind> = new Map([
  ['[NEW]', 'new'],
  ['[UPDATE]', 'update'],
  ['[DESTROY]', 'destroy'],
]);
const TIME = /^\[(\d{1,10})\.(\d{6})\]$/;
const SPACE = /[ \t]+/;
const FAMILIES: ReadonlySet<string> = new Set(['ipv4', 'ipv6']);
const MAX_LINE = 4_096;

/**
 * Parses a line of `conntrack -E` or `-L` with `-o id`, with or without `extended` and `timestamp`, into `entry`.
 * Undefined when it is malformed; `entry` is then undefined too.
 *
 *     [sec.usec] [NEW] ipv4 2 tcp 6 120 SYN_SENT src= dst= sport= dport= [UNREPLIED] src= dst= … mark= zone= id=
 *
 * The second `src=` begins the reply tuple. ICMP tuples hold an `id=` of their own, after `type=` and `code=`.
 */
export function parseConntrackLine(
  line: string,
  entry: ConntrackEntry,
  addresses: AddressParser,
): ConntrackLineKind | undefined {
  if (line.length > MAX_LINE) return undefined;
  entry.clear();
  const tokens = line.trim().split(SPACE);
  let at = 0;
  const time = TIME.exec(tokens[0] ?? '');
  if (time !== null) {
    entry.eventNs = Number(time[1]) * 1e9 + Number(time[2]) * 1e3;
    at++;
  }
  const kind = EVENT_KINDS.get(tokens[at] ?? '');
  if (kind !== undefined) at++;
  if (FAMILIES.has(tokens[at] ?? '')) at += 2;
  const protocol = parseNumber(tokens[at + 1] ?? '', 0xff);
  if (protocol === undefined) return undefined;
  entry.protocol = protocol;
  return new TupleParser(entry, addresses).parse(tokens, at + 2) ? (kind ?? 'entry') : undefined;
}

/** Reads the `key=value` tokens of a line. */
class TupleParser {
  readonly #entry: ConntrackEntry;
  readonly #addresses: AddressParser;
  /** Offset of the tuple being read; -1 before the first. */
  #tuple = -1;
  /** Facts of that tuple met so far: see `FACT`. */
  #facts = 0;
  #sourcePort = 0;
  #destinationPort = 0;
  #icmpType = 0;

  constructor(entry: ConntrackEntry, addresses: AddressParser) {
    this.#entry = entry;
    this.#addresses = addresses;
  }

  parse(tokens: readonly string[], from: number): boolean {
    let keyBefore = '';
    for (let at = from; at < tokens.length; at++) {
      const token = tokens[at] ?? '';
      // What follows names the program that made the change, in its own words.
      if (token === '[USERSPACE]') break;
      const equals = token.indexOf('=');
      if (equals === -1) continue;
      const key = token.slice(0, equals);
      const isIcmpId = key === 'id' && keyBefore === 'code';
      if (!isIcmpId && !this.#take(key, token.slice(equals + 1))) return false;
      keyBefore = key;
    }
    return this.#tuple === REPLY && this.#finishTuple();
  }

  #take(key: string, value: string): boolean {
    switch (key) {
      case 'src':
        return this.#beginTuple(value);
      case 'dst':
        return this.#takeAddress(value, TUPLE.destination, FACT.destination);
      case 'sport':
        return this.#takeNumber(value, 0xffff, FACT.sourcePort, (port) => (this.#sourcePort = port));
      case 'dport':
        return this.#takeNumber(value, 0xffff, FACT.destinationPort, (port) => (this.#destinationPort = port));
      case 'type':
        return this.#takeNumber(value, 0xff, FACT.icmpType, (type) => (this.#icmpType = type));
      case 'id':
        return this.#takeNumber(value, 0xffff_ffff, 0, (id) => (this.#entry.id = id));
      case 'zone':
      case 'zone-orig':
      case 'zone-reply':
        return this.#takeNumber(value, 0xffff, 0, (zone) => (this.#entry.zone = zone));
      default:
        return true;
    }
  }

  #beginTuple(value: string): boolean {
    if (this.#tuple === REPLY || (this.#tuple === ORIGINAL && !this.#finishTuple())) return false;
    this.#tuple = this.#tuple === -1 ? ORIGINAL : REPLY;
    if (this.#tuple === ORIGINAL) this.#entry.isIpv6 = value.includes(':');
    this.#facts = 0;
    return this.#takeAddress(value, TUPLE.source, FACT.source);
  }

  #takeAddress(value: string, offset: number, fact: number): boolean {
    const { isIpv6, tuples } = this.#entry;
    this.#facts |= fact;
    return this.#tuple !== -1 && this.#addresses.parse(value, isIpv6, tuples, this.#tuple + offset);
  }

  #takeNumber(value: string, most: number, fact: number, set: (value: number) => void): boolean {
    const number = parseNumber(value, most);
    if (number === undefined) return false;
    this.#facts |= fact;
    set(number);
    return true;
  }

  #finishTuple(): boolean {
    const { protocol, tuples } = this.#entry;
    const needed = toNeededFacts(protocol);
    if ((this.#facts & needed) !== needed) return false;
    tuples[this.#tuple + TUPLE.ports] = toPortsWord(protocol, this.#sourcePort, this.#destinationPort, this.#icmpType);
    return true;
  }
}

const FACT = { source: 1, destination: 2, sourcePort: 4, destinationPort: 8, icmpType: 16 } as const;

function toNeededFacts(protocol: number): number {
  const addresses = FACT.source | FACT.destination;
  if (hasPorts(protocol)) return addresses | FACT.sourcePort | FACT.destinationPort;
  return protocol === IP_PROTOCOL.icmp || protocol === IP_PROTOCOL.icmp6 ? addresses | FACT.icmpType : addresses;
}

function parseNumber(text: string, most: number): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}
