/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Reads the headers of a frame, by the rules that src/capture/packet/decode-frame.ts tells. */
#ifndef PODFLOW_PACKET_H
#define PODFLOW_PACKET_H

#include "flow.h"
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define ETH_P_8021Q 0x8100
#define ETH_P_8021AD 0x88a8
#define ETHERNET_BYTES 14
#define VLAN_TAG_BYTES 4
#define MAX_VLAN_TAGS 2

#define IP_ICMP 1
#define IP_TCP 6
#define IP_UDP 17
#define IP_ICMP6 58
#define IP_SCTP 132

#define IP4_MORE_FRAGMENTS 0x2000
#define IP4_OFFSET 0x1fff
#define IP6_FRAGMENT 44
#define IP6_AUTHENTICATION 51
#define MAX_EXTENSION_HEADERS 8

struct ip4_header {
	__u8 version_ihl, tos;
	__u16 total_length, id, fragment;
	__u8 ttl, protocol;
	__u16 checksum;
	__u32 source, destination;
};

struct ip6_header {
	__u32 version_flow;
	__u16 payload_length;
	__u8 next_header, hop_limit;
	__u32 source[4], destination[4];
};

/* The first 16 bytes of any transport header, read as TCP's. */
struct transport_header {
	__u16 source_port, destination_port;
	__u32 sequence, acknowledgement;
	__u8 data_offset, flags;
	__u16 window;
};

struct head4 {
	struct ip4_header ip;
	struct transport_header transport;
};

struct head6 {
	struct ip6_header ip;
	struct transport_header transport;
};

struct ports {
	__u16 source;
	__u16 destination;
	__u8 kind;
	__u8 protocol;
	__u8 zero[2];
};

struct packet {
	struct transport_header transport;
	struct ports ports;
	__u32 transport_offset; /* from the network header */
	__u32 payload_end;      /* end of the IP packet, from the network header */
	__u16 vlan;
	__u8 protocol;
	__u8 is_first_fragment;
	__u8 is_later_fragment;
	__u32 fragment_id;
};

/* Where an IP packet begins. The network header is the kernel's word for it, except behind in-band VLAN tags: there it
 * may stand at the tag or behind it, so those are walked from the link header. */
struct origin {
	__u32 base; /* BPF_HDR_START_NET or BPF_HDR_START_MAC */
	__u32 at;
	__u32 link_bytes; /* of the frame, before the packet */
	__u16 vlan;
	__u16 protocol; /* ether type */
};

static __always_inline long load(struct __sk_buff *skb, const struct origin *o, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes_relative(skb, o->at + offset, to, size, o->base);
}

/* RFC 4443, 4861, 2710, 4620, 6275 and RFC 792, 950, 1256: the pairs of request and answer. 256 = one-way. */
static __always_inline __u32 counterpart4(__u8 type)
{
	switch (type) {
	case 0: return 8;
	case 8: return 0;
	case 9: return 10;
	case 10: return 9;
	case 13: return 14;
	case 14: return 13;
	case 15: return 16;
	case 16: return 15;
	case 17: return 18;
	case 18: return 17;
	default: return 256;
	}
}

static __always_inline __u32 counterpart6(__u8 type)
{
	switch (type) {
	case 128: case 130: case 133: case 135: case 139: case 144: return type + 1;
	case 129: case 131: case 134: case 136: case 140: case 145: return type - 1;
	default: return 256;
	}
}

static __always_inline int has_ports(__u8 protocol)
{
	return protocol == IP_TCP || protocol == IP_UDP || protocol == IP_SCTP;
}

/* Ports of the flow as its sender sees them; for ICMP those of Community ID v1. */
static __always_inline void read_ports(struct packet *p)
{
	if (has_ports(p->protocol)) {
		p->ports.source = bpf_ntohs(p->transport.source_port);
		p->ports.destination = bpf_ntohs(p->transport.destination_port);
	} else if (p->protocol == IP_ICMP || p->protocol == IP_ICMP6) {
		__u8 type = bpf_ntohs(p->transport.source_port) >> 8, code = bpf_ntohs(p->transport.source_port) & 0xff;
		__u32 other = p->protocol == IP_ICMP ? counterpart4(type) : counterpart6(type);
		p->ports.source = type;
		p->ports.destination = other < 256 ? other : code;
		p->ports.kind = other < 256 ? KIND_NORMAL : KIND_ICMP_ONE_WAY;
	}
}

/* Bytes of the transport header that must be there. */
static __always_inline __u32 least_transport_bytes(__u8 protocol)
{
	switch (protocol) {
	case IP_TCP: return 16;
	case IP_UDP: return 8;
	case IP_SCTP: return 8;
	case IP_ICMP: case IP_ICMP6: return 2;
	default: return 0;
	}
}

static __always_inline int load_transport(struct __sk_buff *skb, const struct origin *o, struct packet *p)
{
	switch (least_transport_bytes(p->protocol)) {
	case 16: return load(skb, o, p->transport_offset, &p->transport, 16);
	case 8: return load(skb, o, p->transport_offset, &p->transport, 8);
	case 2: return load(skb, o, p->transport_offset, &p->transport, 2);
	default: return 0;
	}
}

/* Bytes from the network header to the end of the frame, as the skb has them. */
static __always_inline __u32 network_bytes(struct __sk_buff *skb, __u32 link_bytes)
{
	return skb->len > link_bytes ? skb->len - link_bytes : 0;
}

static __always_inline int parse_ip4(struct __sk_buff *skb, const struct origin *o, struct packet *p,
				     struct ip4_header *ip)
{
	struct head4 head;

	if (load(skb, o, 0, &head, sizeof(head)) == 0) {
		p->transport = head.transport;
	} else if (load(skb, o, 0, &head, sizeof(struct ip4_header)) != 0) {
		return -1;
	}
	*ip = head.ip;
	__u32 header_bytes = (ip->version_ihl & 0xf) * 4, total = bpf_ntohs(ip->total_length);
	__u16 fragment = bpf_ntohs(ip->fragment);

	if (total == 0) /* a segmentation super-frame above 64 KiB (BIG TCP) */
		total = network_bytes(skb, o->link_bytes);
	if (ip->version_ihl >> 4 != 4 || header_bytes < 20 || total < header_bytes)
		return -1;
	p->protocol = ip->protocol;
	p->is_later_fragment = (fragment & IP4_OFFSET) != 0;
	p->is_first_fragment = !p->is_later_fragment && (fragment & IP4_MORE_FRAGMENTS);
	p->fragment_id = ip->id;
	p->transport_offset = header_bytes;
	p->payload_end = total;
	if (p->is_later_fragment)
		return 0;
	if (total < header_bytes + least_transport_bytes(p->protocol))
		return -1;
	return load_transport(skb, o, p);
}

static __always_inline int is_extension_header(__u8 next)
{
	return next == 0 || next == 43 || next == IP6_FRAGMENT || next == IP6_AUTHENTICATION || next == 60 ||
	       next == 135 || next == 139 || next == 140;
}

/* Walks the extension headers (RFC 8200 §4) up to the transport header. */
static __always_inline int skip_extension_headers(struct __sk_buff *skb, const struct origin *o, struct packet *p,
						  __u8 next)
{
	__u32 offset = sizeof(struct ip6_header);

#pragma unroll
	for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
		if (!is_extension_header(next) || p->is_later_fragment)
			break;
		__u8 head[8];
		if (load(skb, o, offset, head, sizeof(head)) != 0)
			return -1;
		if (next == IP6_FRAGMENT) {
			__u16 fragment = (__u16)head[2] << 8 | head[3];
			p->is_later_fragment = fragment >> 3 != 0;
			p->is_first_fragment = fragment >> 3 == 0 && (fragment & 1);
			__builtin_memcpy(&p->fragment_id, head + 4, 4);
			offset += 8;
		} else {
			offset += next == IP6_AUTHENTICATION ? (head[1] + 2) * 4 : (head[1] + 1) * 8;
		}
		next = head[0];
	}
	p->protocol = next;
	p->transport_offset = offset;
	return is_extension_header(next) && !p->is_later_fragment ? -1 : 0;
}

static __always_inline int parse_ip6(struct __sk_buff *skb, const struct origin *o, struct packet *p,
				     struct ip6_header *ip)
{
	struct head6 head;
	int is_whole = load(skb, o, 0, &head, sizeof(head)) == 0;

	if (!is_whole && load(skb, o, 0, &head, sizeof(struct ip6_header)) != 0)
		return -1;
	*ip = head.ip;
	if ((bpf_ntohl(ip->version_flow) >> 28) != 6)
		return -1;
	p->payload_end = sizeof(struct ip6_header) + bpf_ntohs(ip->payload_length);
	if (ip->payload_length == 0) /* jumbogram (RFC 2675) or BIG TCP */
		p->payload_end = network_bytes(skb, o->link_bytes);
	if (is_extension_header(ip->next_header)) {
		if (skip_extension_headers(skb, o, p, ip->next_header) != 0)
			return -1;
	} else {
		p->protocol = ip->next_header;
		p->transport_offset = sizeof(struct ip6_header);
	}
	if (p->is_later_fragment)
		return 0;
	if (p->payload_end < p->transport_offset + least_transport_bytes(p->protocol))
		return -1;
	if (is_whole && p->transport_offset == sizeof(struct ip6_header)) {
		p->transport = head.transport;
		return 0;
	}
	return load_transport(skb, o, p);
}

static __always_inline int is_vlan_tag(__u16 protocol)
{
	return protocol == ETH_P_8021Q || protocol == ETH_P_8021AD;
}

/* Walks the tags that stand in the frame itself; leaves protocol 0 when the frame ends before. */
static __always_inline void skip_vlan_tags(struct __sk_buff *skb, struct origin *o)
{
#pragma unroll
	for (int i = 0; i < MAX_VLAN_TAGS; i++) {
		struct {
			__u16 tci, protocol;
		} tag;
		if (!is_vlan_tag(o->protocol))
			break;
		if (load(skb, o, 0, &tag, sizeof(tag)) != 0) {
			o->protocol = 0;
			return;
		}
		if (o->vlan == 0)
			o->vlan = bpf_ntohs(tag.tci) & 0xfff;
		o->protocol = bpf_ntohs(tag.protocol);
		o->at += VLAN_TAG_BYTES;
		o->link_bytes += VLAN_TAG_BYTES;
	}
}

#endif
