import { decodeConntrackMessage } from '../../src/nat/decode-conntrack-message.ts';
import { ConntrackEntry } from '../../src/nat/conntrack-entry.ts';
import { type EntryFacts, entryPayload, type TupleFacts } from './conntrack-messages.ts';

export const TCP = 6;
export const UDP = 17;
export const SCTP = 132;
export const ICMP = 1;
export const ICMP6 = 58;

/** `10.0.0.1:1000>10.0.0.2:80`, `[fd00::1]:1000>[fd00::2]:80`, or without ports `10.0.0.1>10.0.0.2`. */
export function tupleOf(text: string, icmpType?: number): TupleFacts {
  const [from = '', to = ''] = text.split('>');
  const [source, sourcePort] = endOf(from);
  const [destination, destinationPort] = endOf(to);
  return {
    source,
    destination,
    ...(sourcePort === undefined ? {} : { sourcePort }),
    ...(destinationPort === undefined ? {} : { destinationPort }),
    ...(icmpType === undefined ? {} : { icmpType }),
  };
}

function endOf(text: string): [address: string, port: number | undefined] {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+|[^:]*:[^:]*:.*?))(?::(\d+))?$/.exec(text) ?? [];
  return [bracketed ?? plain ?? '', port === undefined ? undefined : Number(port)];
}

export interface EntryOptions {
  readonly protocol?: number;
  readonly id?: number;
  readonly zone?: number;
}

/** Facts of an entry whose answers come from where `reply` says; of ICMP an echo. */
export function entryFacts(original: string, reply: string, options: EntryOptions = {}): EntryFacts {
  const { protocol = TCP, id = 1, zone } = options;
  const types = protocol === ICMP ? [8, 0] : protocol === ICMP6 ? [128, 129] : [undefined, undefined];
  return {
    protocol,
    original: tupleOf(original, types[0]),
    reply: tupleOf(reply, types[1]),
    id,
    ...(zone === undefined ? {} : { zone }),
  };
}

/** The same as the decoder tells it. */
export function entryOf(original: string, reply: string, options: EntryOptions = {}): ConntrackEntry {
  const bytes = entryPayload(entryFacts(original, reply, options));
  const entry = new ConntrackEntry();
  if (!decodeConntrackMessage(bytes, 0, bytes.length, entry)) throw new Error(`no entry: ${original} ${reply}`);
  return entry;
}
