import type { DropReason } from '../../model/drop-reason.ts';

/** `,"reason":"…`: each drop reason in words, without the quotation mark at the end. */
export const DROP_REASON_TEXTS: Readonly<Record<DropReason, string>> = {
  syn_unanswered: ',"reason":"no answer to the TCP SYN',
  connection_refused: ',"reason":"TCP reset in answer to the SYN',
  network_unreachable: ',"reason":"ICMP network unreachable',
  host_unreachable: ',"reason":"ICMP host unreachable',
  protocol_unreachable: ',"reason":"ICMP protocol unreachable',
  port_unreachable: ',"reason":"ICMP port unreachable',
  source_route_failed: ',"reason":"ICMP source route failed',
  admin_prohibited: ',"reason":"ICMP administratively prohibited',
  reject_route: ',"reason":"ICMP reject route to destination',
  ttl_exceeded: ',"reason":"ICMP time to live exceeded',
  fragmentation_needed: ',"reason":"ICMP fragmentation needed',
  dns_unanswered: ',"reason":"no answer to the DNS query',
  lost_in_transit: ',"reason":"sent by one end and not seen at the other',
  netfilter_drop: ',"reason":"dropped by netfilter',
  no_socket: ',"reason":"no socket listens there',
  queue_full: ',"reason":"a queue was full',
  checksum_error: ',"reason":"wrong checksum',
  reverse_path_filter: ',"reason":"dropped by the reverse path filter',
  kernel_drop: ',"reason":"dropped by the kernel',
  policy_agent_deny: ',"reason":"denied by the network policy agent',
  vpc_reject: ',"reason":"rejected by a security group or network ACL',
};
