import { IP_PROTOCOL } from '../model/ip-protocol.ts';
import { parseAgentFields, type AgentFields } from './agent-fields.ts';
import { resolveEnds } from './resolve-ends.ts';
import { passOver, refuse, type LineOutcome } from './told-drop.ts';
import type { UnwrappedLine } from './unwrap-line.ts';

/** The agent's words for the protocols that it knows by name. */
const PROTOCOLS: Readonly<Record<string, number>> = {
  TCP: IP_PROTOCOL.tcp,
  UDP: IP_PROTOCOL.udp,
  SCTP: IP_PROTOCOL.sctp,
  ICMP: IP_PROTOCOL.icmp,
};
const PROTOCOL_WORD = /^[A-Z ]{1,32}$/;
const TIER = /^[A-Z_]{1,32}$/;

/**
 * Reads a verdict of aws-network-policy-agent. Its eBPF program tells one for each packet of a connection that it does
 * not let begin, so a DENY is one dropped packet; how long it was is not told.
 */
export function parseAgentVerdict(line: UnwrappedLine): LineOutcome {
  const fields = parseAgentFields(line);
  if (fields === undefined) return refuse('field_missing', 'it is in no form of the network policy agent');
  switch (fields.verdict) {
    case 'ACCEPT':
      return passOver('accepted');
    case 'EXPIRED/DELETED':
      return passOver('expired');
    case 'DENY':
      return toDrop(fields, line.timeNs);
    default:
      return refuse('verdict', `"${fields.verdict}" is no verdict of the network policy agent`);
  }
}

function toDrop(fields: AgentFields, timeNs: number | undefined): LineOutcome {
  if (!PROTOCOL_WORD.test(fields.protocol)) return refuse('protocol', `"${fields.protocol}" is no protocol`);
  const protocolNumber = PROTOCOLS[fields.protocol];
  if (protocolNumber === undefined) return passOver('protocol_not_told');
  const ends = resolveEnds(fields, protocolNumber);
  if ('kind' in ends) return ends;
  const { direction, tier = '' } = fields;
  const told = {
    source: 'network_policy_agent',
    reason: 'policy_agent_deny',
    detail: TIER.test(tier) ? tier : 'DENY',
    protocolNumber,
    startNs: timeNs,
    endNs: timeNs,
    packets: 1,
    bytes: undefined,
    direction: direction === 'ingress' || direction === 'egress' ? direction : 'unknown',
    initiator: 'guess',
  } as const;
  return { kind: 'drop', drop: { ...told, ...ends } };
}
