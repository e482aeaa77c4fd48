import { parseNumber } from './parse-number.ts';
import { resolveEnds } from './resolve-ends.ts';
import { passOver, refuse, type LineOutcome, type ToldDrop } from './told-drop.ts';
import type { VpcField, VpcLayout } from './vpc-layout.ts';

const NOT_TOLD = '-';
const SYN = 0x02;
const ACK = 0x10;
const LATEST_SECONDS = 4e9;
const INTERFACE = /^[\w-]{1,64}$/;
const REJECT_REASON = /^[\w .-]{1,64}$/;

/** Text of a field of a line; undefined where the format has it not, or the line says `-`. */
type Read = (field: VpcField) => string | undefined;

/** Reads a record of a VPC flow log, each field where the layout says that it stands. */
export function parseVpcRecord(line: string, { fieldCount, position }: VpcLayout): LineOutcome {
  const texts = line.split(' ');
  if (texts.length !== fieldCount) return refuse('field_count', `it has ${texts.length} fields, not ${fieldCount}`);
  const read: Read = (field) => {
    const text = texts[position[field] ?? -1];
    return text === NOT_TOLD || text === '' ? undefined : text;
  };
  const status = read('log-status');
  if (status === 'NODATA') return passOver('no_data');
  if (status === 'SKIPDATA') return passOver('skipped_data');
  if (status !== undefined && status !== 'OK') return refuse('verdict', `"${status}" is no log-status`);
  if (position.action === undefined) return passOver('no_action');
  const action = read('action');
  if (action === 'ACCEPT') return passOver('accepted');
  return action === 'REJECT' ? toDrop(read) : refuse('verdict', `"${action ?? NOT_TOLD}" is no action`);
}

function toDrop(read: Read): LineOutcome {
  const protocolNumber = parseNumber(read('protocol') ?? '', 255);
  if (protocolNumber === undefined)
    return refuse('protocol', `"${read('protocol') ?? NOT_TOLD}" is no number of a protocol`);
  // What the interface is called may be another address than what the packet had: of pods with secondary addresses, and
  // on NAT gateways.
  const source = read('pkt-srcaddr') ?? read('srcaddr');
  const destination = read('pkt-dstaddr') ?? read('dstaddr');
  if (source === undefined || destination === undefined) return refuse('field_missing', 'an address is missing');
  const [sourcePort = '', destinationPort = ''] = [read('srcport'), read('dstport')];
  const ends = resolveEnds({ source, sourcePort, destination, destinationPort }, protocolNumber);
  if ('kind' in ends) return ends;
  const counts = readCounts(read);
  if (counts === undefined) return refuse('number', 'packets, bytes or tcp-flags is no number');
  const times = readTimes(read);
  if (times === undefined) return refuse('time', 'start or end is no time in seconds');
  const told = { source: 'vpc_flow_log', reason: 'vpc_reject', detail: toDetail(read), protocolNumber } as const;
  return { kind: 'drop', drop: { ...told, ...ends, ...counts, ...times, direction: readDirection(read) } };
}

/** A SYN without ACK in the window was sent by who began the connection. */
function readCounts(read: Read): Pick<ToldDrop, 'packets' | 'bytes' | 'initiator'> | undefined {
  const [packets, bytes] = [readCount(read('packets')), readCount(read('bytes'))];
  const flags = parseNumber(read('tcp-flags') ?? '0', 0xffff);
  if (packets === 'wrong' || bytes === 'wrong' || flags === undefined) return undefined;
  return { packets, bytes, initiator: (flags & (SYN | ACK)) === SYN ? 'syn' : 'guess' };
}

function readCount(text: string | undefined): number | undefined | 'wrong' {
  return text === undefined ? undefined : (parseNumber(text, Number.MAX_SAFE_INTEGER) ?? 'wrong');
}

/** First and last packet, told in whole seconds. */
function readTimes(read: Read): Pick<ToldDrop, 'startNs' | 'endNs'> | undefined {
  const [first = read('end'), last = read('start')] = [read('start'), read('end')];
  if (first === undefined || last === undefined) return { startNs: undefined, endNs: undefined };
  const [start, end] = [parseNumber(first, LATEST_SECONDS), parseNumber(last, LATEST_SECONDS)];
  if (start === undefined || end === undefined) return undefined;
  return { startNs: start * 1e9, endNs: Math.max(start, end) * 1e9 };
}

/** Why, where AWS says so; else which way through which interface. */
function toDetail(read: Read): string {
  const reason = read('reject-reason');
  if (reason !== undefined && REJECT_REASON.test(reason)) return reason;
  const direction = readDirection(read);
  const interfaceId = read('interface-id') ?? '';
  const words = [direction === 'unknown' ? '' : direction, INTERFACE.test(interfaceId) ? interfaceId : ''];
  return words.filter((word) => word !== '').join(' ') || 'REJECT';
}

function readDirection(read: Read): 'ingress' | 'egress' | 'unknown' {
  const direction = read('flow-direction');
  return direction === 'ingress' || direction === 'egress' ? direction : 'unknown';
}
