/**
 * Why a flow is `dropped` or `rejected`.
 * The ICMP ones follow the names of RFC 792, RFC 1812 §5.2.7.1, RFC 1191 and RFC 4443 §3.
 */
export const DROP_REASONS = [
  // As the packets of the flow tell it.
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
  'fragmentation_needed',
  'dns_unanswered',
  // Both ends are observed, and the packets were seen at one of them only.
  'lost_in_transit',
  // As the kernel of a node tells it (`enum skb_drop_reason`), in groups; `flow.drop.detail` has its own word.
  'netfilter_drop',
  'no_socket',
  'queue_full',
  'checksum_error',
  'reverse_path_filter',
  'kernel_drop',
  // As others' logs tell it.
  'policy_agent_deny',
  'vpc_reject',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];
