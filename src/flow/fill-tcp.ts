import { SEEN } from '../model/flow-delta.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import { resolveConnectionState } from './connection-state.ts';
import type { FlowRow, Side } from './flow-row.ts';
import { isQuiet } from './due-end.ts';
import { ROW_STATE } from './row-layout.ts';

/** Writes what only TCP flows have. `nowNs` is on the clock of the deltas. */
export function fillTcp(record: FlowRecord, row: FlowRow, client: Side, server: Side, nowNs: number): void {
  const ackDelayKns = row.ackDelayKns(server);
  record.connectionState = resolveConnectionState(row, isQuiet(row, nowNs));
  record.tcpFlags = row.tcpFlags(client);
  record.reverseTcpFlags = row.tcpFlags(server);
  record.retransmits = row.retransmits(client);
  record.reverseRetransmits = row.retransmits(server);
  record.synRetries = row.synCount(client) > 1 ? row.synCount(client) - 1 : undefined;
  record.handshakeNs = takeHandshake(row, client, server);
  record.rttNs = ackDelayKns === 0 ? undefined : ackDelayKns * 1_024;
}

/** SYN to SYN-ACK, in the first report that knows both. */
function takeHandshake(row: FlowRow, client: Side, server: Side): number | undefined {
  if ((row.state & ROW_STATE.handshakeTold) !== 0) return undefined;
  if ((row.seen(client) & SEEN.syn) === 0 || (row.seen(server) & SEEN.synAck) === 0) return undefined;
  row.state |= ROW_STATE.handshakeTold;
  const handshakeNs = row.synNs(server) - row.synNs(client);
  return handshakeNs < 0 ? undefined : handshakeNs;
}

/** Leaves no trace of the record's last TCP flow. */
export function clearTcp(record: FlowRecord): void {
  record.connectionState = undefined;
  record.tcpFlags = undefined;
  record.reverseTcpFlags = undefined;
  record.retransmits = undefined;
  record.reverseRetransmits = undefined;
  record.synRetries = undefined;
  record.handshakeNs = undefined;
  record.rttNs = undefined;
}
