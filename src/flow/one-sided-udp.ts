import { IP_PROTOCOL } from '../model/ip-protocol.ts';
import { USUAL_TUNNEL_PORTS } from '../model/tunnel-port.ts';
import type { FlowRow, Side } from './flow-row.ts';

/**
 * Their sender takes a source port by the flow inside, so each direction of a tunnel is a flow of its own (RFC 7348 §5,
 * RFC 8926 §3.3).
 */
const TUNNEL_PORTS: ReadonlySet<number> = new Set(USUAL_TUNNEL_PORTS.map(({ port }) => port));

/** Whether a flow is unicast UDP to which an answer could have come, and in its life none did. */
export function isOneSidedUdp(row: FlowRow, server: Side): boolean {
  if (row.protocol !== IP_PROTOCOL.udp || !row.hasPorts || row.hasSent(server)) return false;
  return row.hasUnicastAddress(server) && !TUNNEL_PORTS.has(row.port(server));
}
