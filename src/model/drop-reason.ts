/**
 * Why a flow is `dropped` or `rejected`, as far as packets tell it.
 * The ICMP ones follow the names of RFC 792, RFC 1812 §5.2.7.1 and RFC 4443 §3.1.
 */
export const DROP_REASONS = [
  'syn_unanswered',
  'connection_refused',
  'network_unreachable',
  'host_unreachable',
  'protocol_unreachable',
  'port_unreachable',
  'source_route_failed',
  'admin_prohibited',
  'reject_route',
  'ttl_exceeded',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];
