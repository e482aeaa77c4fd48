import { SEEN, TCP_FLAG } from '../model/flow-delta.ts';
import type { ConnectionState } from '../model/flow-record.ts';
import type { FlowRow } from './flow-row.ts';

/**
 * The client's TCP state (RFC 9293 §3.3.2) as far as the flags that passed tell it; they are unions, so an observer
 * cannot tell FIN_WAIT_2 and LAST_ACK from their neighbours. While late frames are still awaited both FINs are
 * `closing`, after the linger `time_wait`.
 */
export function resolveConnectionState(row: FlowRow, isQuiet: boolean): ConnectionState {
  const client = row.lifeFlags(row.client);
  const other = row.client === 0 ? 1 : 0;
  const server = row.lifeFlags(other);
  if (((client | server) & TCP_FLAG.rst) !== 0) return 'closed';
  if ((client & server & TCP_FLAG.fin) !== 0) return isQuiet ? 'time_wait' : 'closing';
  if ((client & TCP_FLAG.fin) !== 0) return 'fin_wait_1';
  if ((server & TCP_FLAG.fin) !== 0) return 'close_wait';
  if ((client & TCP_FLAG.ack) !== 0) return 'established';
  if ((row.seen(other) & SEEN.synAck) !== 0) return 'syn_received';
  return (row.seen(row.client) & SEEN.syn) !== 0 && !row.hasSent(other) ? 'syn_sent' : 'established';
}
