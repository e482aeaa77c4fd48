import { KEY_KIND, SEEN } from '../model/flow-delta.ts';
import { IP_PROTOCOL } from '../model/ip-protocol.ts';
import type { FlowRow, Side } from './flow-row.ts';
import { ORIENTATION } from './row-layout.ts';

/** Types that ask; the counterpart of each answers (RFC 792, 950, 1256; 4443, 2710, 4861, 4620, 6275). */
const REQUESTS_ICMP4: ReadonlySet<number> = new Set([8, 10, 13, 15, 17]);
const REQUESTS_ICMP6: ReadonlySet<number> = new Set([128, 130, 133, 135, 139, 144]);

/**
 * Which side is the client, as `ORIENTATION` bits.
 *
 * By SYN: who sent a SYN, or whose peer sent a SYN-ACK; of two SYNs the earlier.
 * Else a guess, the first that decides:
 * 1. ICMP: the sender of the request type; of one-way ICMP, the sender.
 * 2. Ports: the owner of the one port of the lower class is the server; well-known (below 1,024) beats registered
 *    (below 32,768, where Linux begins its own choice) beats ephemeral.
 * 3. Who sent the first frame since the last report; on a tie side 0, the lower address.
 */
export function resolveOrientation(row: FlowRow): number {
  const bySyn = row.isTcp ? clientBySyn(row) : undefined;
  if (bySyn !== undefined) return toBits(bySyn) | ORIENTATION.bySyn;
  return toBits(clientByRequest(row) ?? clientByPort(row) ?? clientByTime(row));
}

function toBits(client: Side): number {
  return client === 0 ? ORIENTATION.known : ORIENTATION.known | ORIENTATION.clientIsSide1;
}

function clientBySyn(row: FlowRow): Side | undefined {
  const could0 = couldBeClient(row, 0);
  const could1 = couldBeClient(row, 1);
  if (could0 && could1) return isEarlier(row.synNs(1), row.synNs(0)) ? 1 : 0;
  if (could0) return 0;
  return could1 ? 1 : undefined;
}

function couldBeClient(row: FlowRow, side: Side): boolean {
  return (row.seen(side) & SEEN.syn) !== 0 || (row.seen(side === 0 ? 1 : 0) & SEEN.synAck) !== 0;
}

/** Times of SYNs: 0 is none, hence later than any. */
function isEarlier(aNs: number, bNs: number): boolean {
  return aNs !== 0 && (bNs === 0 || aNs < bNs);
}

function clientByRequest(row: FlowRow): Side | undefined {
  const { protocol, kind } = row;
  if (kind === KEY_KIND.icmpOneWay) return 0;
  if (kind !== KEY_KIND.normal) return undefined;
  const requests =
    protocol === IP_PROTOCOL.icmp ? REQUESTS_ICMP4 : protocol === IP_PROTOCOL.icmp6 ? REQUESTS_ICMP6 : undefined;
  if (requests?.has(row.port(0)) === true) return 0;
  return requests?.has(row.port(1)) === true ? 1 : undefined;
}

function clientByPort(row: FlowRow): Side | undefined {
  const class0 = portClass(row.port(0));
  const class1 = portClass(row.port(1));
  if (class0 === class1) return undefined;
  return class0 < class1 ? 1 : 0;
}

function portClass(port: number): number {
  if (port < 1_024) return 0;
  return port < 32_768 ? 1 : 2;
}

function clientByTime(row: FlowRow): Side {
  if (row.frames(0) === 0) return 1;
  return row.frames(1) === 0 || row.firstNs(0) <= row.firstNs(1) ? 0 : 1;
}
