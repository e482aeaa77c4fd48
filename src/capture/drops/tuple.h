/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Reads whose packet a socket buffer holds, wherever in the stack it is. */
#ifndef PODFLOW_TUPLE_H
#define PODFLOW_TUPLE_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "drops.h"
#include "skb.h"

#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define FRAGMENT_BYTES 8
#define MAX_EXTENSIONS 4
#define FLAG_SYN 0x02
#define FLAG_ACK 0x10

/* As far as any of TCP, UDP, SCTP and ICMP is looked at. */
struct transport {
	__u8 bytes[16];
};

/* IPv6 header and transport header, or all of IPv4's without options and what follows. */
struct start {
	__u8 bytes[IPV6_BYTES + sizeof(struct transport)];
} __attribute__((aligned(8)));

struct packet {
	const unsigned char *ip; /* in the kernel's memory */
	__u32 linear;            /* bytes there from the IP header on */
	__u32 offset;            /* of the transport header */
	__u32 flags;
	__u8 is_later_fragment;
};

static __always_inline __u32 word16(const __u8 *at)
{
	return at[0] << 8 | at[1];
}

static __always_inline int read_ip4(const struct start *s, struct drop_key *key, struct packet *p)
{
	p->offset = (s->bytes[0] & 0xf) * 4;
	if (s->bytes[0] >> 4 != 4 || p->offset < IPV4_BYTES || p->linear < IPV4_BYTES)
		return -1;
	p->is_later_fragment = (word16(s->bytes + 6) & 0x1fff) != 0;
	key->kind = DROP_IPV4;
	key->protocol = s->bytes[9];
	__builtin_memcpy(&key->source[3], s->bytes + 12, 4);
	__builtin_memcpy(&key->destination[3], s->bytes + 16, 4);
	return 0;
}

/* Steps over extension headers (RFC 8200 §4): each tells the next and, but for the fragment header, its length. */
static __always_inline void skip_extensions(struct drop_key *key, struct packet *p)
{
	__u8 header[4];

	for (int i = 0; i < MAX_EXTENSIONS; i++) {
		__u8 type = key->protocol;
		if (type != IPPROTO_HOPOPTS && type != IPPROTO_ROUTING && type != IPPROTO_DSTOPTS && type != IPPROTO_FRAGMENT)
			return;
		if (p->offset + sizeof(header) > p->linear ||
		    bpf_probe_read_kernel(header, sizeof(header), p->ip + p->offset))
			return;
		key->protocol = header[0];
		if (type == IPPROTO_FRAGMENT) {
			p->offset += FRAGMENT_BYTES;
			p->is_later_fragment = (word16(header + 2) & 0xfff8) != 0;
			if (p->is_later_fragment)
				return;
		} else {
			p->offset += (header[1] + 1) * 8;
		}
	}
}

static __always_inline int read_ip6(const struct start *s, struct drop_key *key, struct packet *p)
{
	if (s->bytes[0] >> 4 != 6 || p->linear < IPV6_BYTES)
		return -1;
	p->offset = IPV6_BYTES;
	key->protocol = s->bytes[6];
	__builtin_memcpy(key->source, s->bytes + 8, 16);
	__builtin_memcpy(key->destination, s->bytes + 24, 16);
	skip_extensions(key, p);
	return 0;
}

/* The usual headers are there already; behind options or extensions it is read anew. */
static __always_inline int find_transport(const struct start *s, const struct packet *p, struct transport *t)
{
	if (p->offset == IPV4_BYTES)
		__builtin_memcpy(t, s->bytes + IPV4_BYTES, sizeof(*t));
	else if (p->offset == IPV6_BYTES)
		__builtin_memcpy(t, s->bytes + IPV6_BYTES, sizeof(*t));
	else
		return bpf_probe_read_kernel(t, sizeof(*t), p->ip + p->offset);
	return 0;
}

static __always_inline void read_transport(const struct start *s, struct drop_key *key, struct packet *p)
{
	struct transport t;
	__u8 protocol = key->protocol;
	int is_icmp = protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;

	if (!is_icmp && protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != IPPROTO_SCTP)
		return;
	if (p->is_later_fragment || p->offset + 4 > p->linear || find_transport(s, p, &t))
		return;
	key->kind |= DROP_HAS_PORTS;
	key->port[0] = is_icmp ? t.bytes[0] : word16(t.bytes);
	key->port[1] = is_icmp ? t.bytes[1] : word16(t.bytes + 2);
	if (protocol != IPPROTO_TCP || p->offset + 14 > p->linear)
		return;
	p->flags = t.bytes[13];
	if ((p->flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN)
		p->flags |= DROP_FIRST_SYN;
}

/* Fills the key's tuple, protocol and kind; negative when the buffer holds no IP packet. */
static __always_inline int read_tuple(struct sk_buff *skb, struct drop_key *key, struct packet *p)
{
	struct start s;
	__u32 at = skb->network_header;
	__u32 tail = skb->tail;

	if (tail <= at)
		return -1;
	p->ip = skb->head + at;
	p->linear = tail - at;
	/* What lies behind the packet is still of its buffer (skb_shared_info), so this reads too much, never elsewhere. */
	if (bpf_probe_read_kernel(&s, sizeof(s), p->ip))
		return -1;
	switch (skb->protocol) {
	case bpf_htons(ETH_P_IP):
		if (read_ip4(&s, key, p))
			return -1;
		break;
	case bpf_htons(ETH_P_IPV6):
		if (read_ip6(&s, key, p))
			return -1;
		break;
	default: return -1;
	}
	read_transport(&s, key, p);
	return 0;
}

/* Bytes from the IP header on, whether the stack has pulled headers off or not yet put them on. */
static __always_inline __u64 ip_bytes(struct sk_buff *skb, const struct packet *p)
{
	__s64 pulled = (__s64)skb->data - (__s64)p->ip;
	__s64 bytes = (__s64)skb->len + pulled;

	return bytes > 0 ? bytes : 0;
}

#endif
