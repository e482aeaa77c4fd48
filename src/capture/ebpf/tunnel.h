/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Finds the packet that a tunnel carries, by the rules that src/capture/packet/enter-tunnel.ts tells. */
#ifndef PODFLOW_TUNNEL_H
#define PODFLOW_TUNNEL_H

#include "packet.h"

#define TUNNEL_HEADER_BYTES 8
#define VXLAN_HAS_ID 0x08       /* RFC 7348 §5: the I flag */
#define GENEVE_VERSION 0xc0     /* RFC 8926 §3.4 */
#define GENEVE_OPTION_WORDS 0x3f
#define GENEVE_IS_CONTROL 0x80
#define GENEVE_ETHERNET 0x6558  /* IANA: Trans Ether Bridging */

struct udp_header {
	__u16 source_port, destination_port, length, checksum;
};

struct tunnel_header {
	__u8 flags, more_flags; /* of Geneve: version and option length; O, C */
	__u16 protocol;         /* of Geneve */
	__u32 id;               /* in the upper 24 bits */
};

struct tunnel_head {
	struct udp_header udp;
	struct tunnel_header tunnel;
};

/* The outer addresses, source first, and what the tunnel header says. */
struct tunnel {
	__u32 address[2][4];
	__u32 type_id;
};

static __always_inline __u32 tunnel_type(const volatile __u32 *ports, __u16 port)
{
#pragma unroll
	for (int i = 0; i < MAX_TUNNEL_PORTS; i++)
		if (ports[i] != 0 && (ports[i] & 0xffff) == port)
			return ports[i] >> 16;
	return TUNNEL_NONE;
}

/* Bytes from the UDP header to the inner Ethernet header; 0 when the header is not of a tunnel. */
static __always_inline __u32 tunnel_header_bytes(__u32 type, const struct tunnel_header *header)
{
	__u32 bytes = sizeof(struct udp_header) + TUNNEL_HEADER_BYTES;

	if (type == TUNNEL_VXLAN)
		return header->flags & VXLAN_HAS_ID ? bytes : 0;
	if (header->flags & GENEVE_VERSION || header->more_flags & GENEVE_IS_CONTROL ||
	    header->protocol != bpf_htons(GENEVE_ETHERNET))
		return 0;
	return bytes + (header->flags & GENEVE_OPTION_WORDS) * 4;
}

/* Outer headers: the offset of the UDP header from the network header, 0 when this cannot be a tunnel. */
static __always_inline __u32 read_outer4(struct __sk_buff *skb, const struct origin *o, struct tunnel *t,
					 struct tunnel_head *head, __u32 *end)
{
	struct {
		struct ip4_header ip;
		struct tunnel_head behind;
	} whole;

	if (load(skb, o, 0, &whole, sizeof(whole)) != 0 || whole.ip.protocol != IP_UDP)
		return 0;
	__u32 header_bytes = (whole.ip.version_ihl & 0xf) * 4, total = bpf_ntohs(whole.ip.total_length);
	if (whole.ip.version_ihl >> 4 != 4 || header_bytes < sizeof(struct ip4_header) ||
	    bpf_ntohs(whole.ip.fragment) & (IP4_MORE_FRAGMENTS | IP4_OFFSET))
		return 0;
	*head = whole.behind;
	if (header_bytes > sizeof(struct ip4_header) && load(skb, o, header_bytes, head, sizeof(*head)) != 0)
		return 0;
	*end = total ? total : network_bytes(skb, o->link_bytes);
	t->address[0][2] = t->address[1][2] = bpf_htonl(0xffff);
	t->address[0][3] = whole.ip.source;
	t->address[1][3] = whole.ip.destination;
	return header_bytes;
}

static __always_inline __u32 read_outer6(struct __sk_buff *skb, const struct origin *o, struct tunnel *t,
					 struct tunnel_head *head, __u32 *end)
{
	struct {
		struct ip6_header ip;
		struct tunnel_head behind;
	} whole;

	if (load(skb, o, 0, &whole, sizeof(whole)) != 0 || whole.ip.next_header != IP_UDP ||
	    bpf_ntohl(whole.ip.version_flow) >> 28 != 6)
		return 0;
	__u32 payload = bpf_ntohs(whole.ip.payload_length);
	*head = whole.behind;
	*end = payload ? sizeof(struct ip6_header) + payload : network_bytes(skb, o->link_bytes);
	__builtin_memcpy(t->address[0], whole.ip.source, 16);
	__builtin_memcpy(t->address[1], whole.ip.destination, 16);
	return sizeof(struct ip6_header);
}

/* Moves the origin to the packet inside; 0 when there is none to be looked into, the origin being of no use then. */
static __always_inline int enter_tunnel(struct __sk_buff *skb, const volatile __u32 *ports, struct origin *o,
					struct tunnel *t)
{
	struct tunnel_head head;
	__u32 end, offset;

	if (o->protocol == ETH_P_IP)
		offset = read_outer4(skb, o, t, &head, &end);
	else if (o->protocol == ETH_P_IPV6)
		offset = read_outer6(skb, o, t, &head, &end);
	else
		return 0;
	__u32 type = offset ? tunnel_type(ports, bpf_ntohs(head.udp.destination_port)) : TUNNEL_NONE;
	__u32 header_bytes = type ? tunnel_header_bytes(type, &head.tunnel) : 0;
	if (header_bytes == 0)
		return 0;
	__u32 tunnel_bytes = offset + header_bytes + ETHERNET_BYTES;
	if (end < tunnel_bytes || load(skb, o, tunnel_bytes - 2, &o->protocol, 2) != 0)
		return 0;
	o->protocol = bpf_ntohs(o->protocol);
	o->vlan = 0;
	o->at += tunnel_bytes;
	o->link_bytes += tunnel_bytes;
	t->type_id = type << 24 | bpf_ntohl(head.tunnel.id) >> 8;
	skip_vlan_tags(skb, o);
	return o->protocol == ETH_P_IP || o->protocol == ETH_P_IPV6;
}

#endif
