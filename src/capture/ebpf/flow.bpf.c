/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Socket filter that counts each frame of an interface into its flow, inside the kernel.
 *
 * It runs on an AF_PACKET socket and returns 0 (nothing is copied) except for packets that user space has to read.
 * Direct packet access is not allowed to socket filters, so headers are copied by bpf_skb_load_bytes_relative: network
 * and transport header in one call where nothing stands between them.
 *
 * Flows live in a hash map behind an array of maps: slot ACTIVE takes this interval's counts, slot PREVIOUS holds the
 * last interval's, read by user space and, here, asked once for each flow and interval for what must outlive a swap
 * (highest sequence, round-trip samples). Rules of decoding: src/capture/packet/, which gives the same deltas.
 *
 * A flow is one at one observation point, which its key tells. Any number of sockets, each at an interface, may carry
 * the same program; and several instances with constants of their own may share one set of maps and counters.
 */
#include "handle.h"
#include "tunnel.h"

/* The loopback device shows each frame twice. */
static __always_inline int is_shown_again(struct __sk_buff *skb)
{
	return constants.is_loopback && skb->pkt_type == PACKET_OUTGOING;
}

SEC("socket")
int observe(struct __sk_buff *skb)
{
	__u32 copy = 0;
	int result;

	if (is_shown_again(skb))
		return 0;
	struct origin o = find_origin(skb);
	switch (o.protocol) {
	case ETH_P_IP: result = handle_ip4(skb, &o, 0, &copy); break;
	case ETH_P_IPV6: result = handle_ip6(skb, &o, 0, &copy); break;
	default: result = count_non_ip(skb);
	}
	if (result < 0)
		count_unattributed(frame_bytes(skb));
	return copy;
}

/* Of the program for tunnels, these are functions of their own: inlined twice they would not fit on one stack. */
static __noinline int find_tunnel(struct __sk_buff *skb, struct origin *o, struct tunnel *t)
{
	return enter_tunnel(skb, constants.tunnel_ports, o, t);
}

static __noinline int call_ip4(struct __sk_buff *skb, const struct origin *o, const struct tunnel *t, __u32 *copy)
{
	return handle_ip4(skb, o, t, copy);
}

static __noinline int call_ip6(struct __sk_buff *skb, const struct origin *o, const struct tunnel *t, __u32 *copy)
{
	return handle_ip6(skb, o, t, copy);
}

static __always_inline int call_handler(struct __sk_buff *skb, const struct origin *o, const struct tunnel *t,
					__u32 *copy)
{
	switch (o->protocol) {
	case ETH_P_IP: return call_ip4(skb, o, t, copy);
	case ETH_P_IPV6: return call_ip6(skb, o, t, copy);
	default: return count_non_ip(skb);
	}
}

/* The same for interfaces that carry tunnels: tells of the packet inside, and where that cannot be done of the frame's
 * own. Interfaces without tunnels do not pay for it. */
SEC("socket")
int observe_tunnels(struct __sk_buff *skb)
{
	__u32 copy = 0;
	int result = -1;

	if (is_shown_again(skb))
		return 0;
	struct origin o = find_origin(skb), inner = o;
	struct tunnel t = {};
	if (find_tunnel(skb, &inner, &t))
		result = call_handler(skb, &inner, &t, &copy);
	if (result < 0)
		result = call_handler(skb, &o, 0, &copy);
	if (result < 0)
		count_unattributed(frame_bytes(skb));
	return copy;
}

/* bpf_ktime_get_ns and others are for GPL-compatible programs only. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";
