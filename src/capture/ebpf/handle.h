/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Counts an IP packet, at the origin of a frame or inside a tunnel, to its flow. */
#ifndef PODFLOW_HANDLE_H
#define PODFLOW_HANDLE_H

#include "count.h"
#include "maps.h"
#include "packet.h"
#include "tunnel.h"

#define PACKET_OUTGOING 4
#define LOOPBACK_HEADER_BYTES 14
#define DNS_PORT 53
#define COPY_DNS_BYTES 20         /* headers of UDP and DNS */
#define COPY_ICMP_ERROR_BYTES 224 /* ICMP header and what it quotes: an IP header with options or extensions, ports */

static __always_inline __u32 frame_bytes(struct __sk_buff *skb)
{
	return constants.is_loopback ? skb->len - LOOPBACK_HEADER_BYTES : skb->len;
}

static __always_inline __u32 observation_point(struct __sk_buff *skb)
{
	return constants.points_by_interface ? skb->ifindex : constants.point;
}

/* Point of the flows in a tunnel, the same for both directions; 0 when there is no room for another tunnel. */
static __always_inline __u32 tunnel_point(struct __sk_buff *skb, const struct tunnel *t, __u32 side)
{
	struct tunnel_key key = {.point = observation_point(skb), .type_id = t->type_id};

	__builtin_memcpy(key.address[0], t->address[side & 1], 16);
	__builtin_memcpy(key.address[1], t->address[(side & 1) ^ 1], 16);
	__u32 *number = bpf_map_lookup_elem(&tunnels, &key);
	if (!number) {
		__u32 none = 0;
		bpf_map_update_elem(&tunnels, &key, &none, BPF_NOEXIST);
		number = bpf_map_lookup_elem(&tunnels, &key);
		if (!number)
			return 0;
	}
	/* Of two processors that both give it a number the first wins; the other number is never used. */
	if (*number == 0)
		__sync_val_compare_and_swap(number, 0, (__u32)__sync_fetch_and_add(&counters.tunnels, 1) + 1);
	return POINT_IS_TUNNEL | *number;
}

static __always_inline void count_unattributed(__u32 bytes)
{
	__sync_fetch_and_add(&counters.unattributed_frames, 1);
	__sync_fetch_and_add(&counters.unattributed_bytes, bytes);
}

static __always_inline struct flow_value *find_or_insert(void *generations, void *key, __u64 *inserted)
{
	__u32 slot = ACTIVE;
	void *active = bpf_map_lookup_elem(generations, &slot);
	if (!active)
		return 0;
	struct flow_value *value = bpf_map_lookup_elem(active, key);
	if (value)
		return value;

	struct flow_value fresh = {};
	slot = PREVIOUS;
	void *previous = bpf_map_lookup_elem(generations, &slot);
	struct flow_value *old = previous ? bpf_map_lookup_elem(previous, key) : 0;
	if (old) {
		carry_side(&fresh.side[0], &old->side[0]);
		carry_side(&fresh.side[1], &old->side[1]);
	}
	/* NOEXIST, and look again whatever it says: another processor may have been first. */
	if (bpf_map_update_elem(active, key, &fresh, BPF_NOEXIST) == 0)
		__sync_fetch_and_add(inserted, 1);
	return bpf_map_lookup_elem(active, key);
}

static __always_inline void resolve_fragment(struct packet *p, struct fragment_key *key)
{
	if (p->is_first_fragment) {
		p->ports.protocol = p->protocol;
		bpf_map_update_elem(&fragments, key, &p->ports, BPF_ANY);
		return;
	}
	struct ports *first = bpf_map_lookup_elem(&fragments, key);
	if (first) {
		p->ports = *first;
		p->protocol = first->protocol;
	} else {
		p->ports.kind = KIND_FRAGMENT;
	}
}

static __always_inline void fill_tail(struct key_tail *tail, struct packet *p, __u32 side)
{
	tail->port[0] = side ? p->ports.destination : p->ports.source;
	tail->port[1] = side ? p->ports.source : p->ports.destination;
	tail->protocol = p->protocol;
	tail->kind = p->ports.kind;
	tail->vlan = p->vlan;
}

static __always_inline void fill_frame(struct frame *f, struct packet *p, struct __sk_buff *skb, __u32 side)
{
	f->bytes = frame_bytes(skb);
	f->side = side;
	f->direction = skb->pkt_type == PACKET_OUTGOING ? SEEN_OUTGOING : SEEN_INCOMING;
	f->is_tcp = p->protocol == IP_TCP && !p->is_later_fragment;
	if (!f->is_tcp)
		return;
	f->flags = p->transport.flags;
	f->is_window_closed = p->transport.window == 0;
	f->sequence = bpf_ntohl(p->transport.sequence);
	f->acknowledgement = bpf_ntohl(p->transport.acknowledgement);
	__u32 data = p->transport_offset + (p->transport.data_offset >> 4) * 4;
	f->segment_bytes = p->payload_end > data ? p->payload_end - data : 0;
	f->segment_bytes += (f->flags & TCP_SYN ? 1 : 0) + (f->flags & TCP_FIN ? 1 : 0);
}

/* How much of this packet user space must read, from its transport header on. */
static __always_inline int bytes_to_read(const struct packet *p)
{
	if (p->is_later_fragment)
		return 0;
	if (p->protocol == IP_UDP)
		return p->ports.source == DNS_PORT || p->ports.destination == DNS_PORT ? COPY_DNS_BYTES : 0;
	if (p->protocol == IP_ICMP)
		return p->ports.source == 3 || p->ports.source == 11 || p->ports.source == 12 ? COPY_ICMP_ERROR_BYTES : 0;
	if (p->protocol == IP_ICMP6)
		return p->ports.source >= 1 && p->ports.source <= 4 ? COPY_ICMP_ERROR_BYTES : 0;
	return 0;
}

/* Nothing may be compared with this sum: the verifier would have to tell apart all lengths of headers. */
static __always_inline __u32 copy_bytes(const struct packet *p, const struct origin *o)
{
	int bytes = bytes_to_read(p);
	return bytes ? o->link_bytes + p->transport_offset + bytes : 0;
}

/* Both handlers set how much of the frame is copied; or return -1 when the headers are cut or wrong, or the tunnel has
 * no number. Outside of a tunnel `t` is null. */
static __always_inline int handle_ip4(struct __sk_buff *skb, const struct origin *o, const struct tunnel *t,
				      __u32 *copy)
{
	struct packet p = {.vlan = o->vlan};
	struct ip4_header ip;

	if (parse_ip4(skb, o, &p, &ip) != 0)
		return -1;
	if (!p.is_later_fragment)
		read_ports(&p);
	if (p.is_first_fragment || p.is_later_fragment) {
		struct fragment_key key = {
			.source = {ip.source}, .destination = {ip.destination}, .id = p.fragment_id,
			.scope = p.protocol | (t ? t->type_id << 8 : 0)};
		resolve_fragment(&p, &key);
	}
	__u32 source = bpf_ntohl(ip.source), destination = bpf_ntohl(ip.destination);
	__u32 side = source > destination || (source == destination && p.ports.source > p.ports.destination);
	if (p.ports.kind == KIND_ICMP_ONE_WAY)
		side = 0;
	struct flow_key4 key = {.address = {side ? ip.destination : ip.source, side ? ip.source : ip.destination}};
	fill_tail(&key.tail, &p, side);
	key.point = t ? tunnel_point(skb, t, side) : observation_point(skb);
	if (t && key.point == 0)
		return -1;
	struct frame f = {};
	fill_frame(&f, &p, skb, side);
	struct flow_value *value = find_or_insert(&generations4, &key, &counters.inserted4);
	if (value)
		count_frame(value, &f);
	else
		count_unattributed(f.bytes);
	*copy = copy_bytes(&p, o);
	return 0;
}

static __always_inline int is_source_higher(struct ip6_header *ip, struct packet *p)
{
#pragma unroll
	for (int i = 0; i < 4; i++) {
		__u32 source = bpf_ntohl(ip->source[i]), destination = bpf_ntohl(ip->destination[i]);
		if (source != destination)
			return source > destination;
	}
	return p->ports.source > p->ports.destination;
}

static __always_inline int handle_ip6(struct __sk_buff *skb, const struct origin *o, const struct tunnel *t,
				      __u32 *copy)
{
	struct packet p = {.vlan = o->vlan};
	struct ip6_header ip;

	if (parse_ip6(skb, o, &p, &ip) != 0)
		return -1;
	if (!p.is_later_fragment)
		read_ports(&p);
	if (p.is_first_fragment || p.is_later_fragment) {
		/* RFC 8200 §4.5: the fragments of a packet may name different next headers */
		struct fragment_key key = {.id = p.fragment_id, .scope = t ? t->type_id << 8 : 0};
		__builtin_memcpy(key.source, ip.source, 16);
		__builtin_memcpy(key.destination, ip.destination, 16);
		resolve_fragment(&p, &key);
	}
	__u32 side = p.ports.kind == KIND_ICMP_ONE_WAY ? 0 : is_source_higher(&ip, &p);
	struct flow_key6 key = {};
	__builtin_memcpy(key.address[0], side ? ip.destination : ip.source, 16);
	__builtin_memcpy(key.address[1], side ? ip.source : ip.destination, 16);
	fill_tail(&key.tail, &p, side);
	key.point = t ? tunnel_point(skb, t, side) : observation_point(skb);
	if (t && key.point == 0)
		return -1;
	struct frame f = {};
	fill_frame(&f, &p, skb, side);
	struct flow_value *value = find_or_insert(&generations6, &key, &counters.inserted6);
	if (value)
		count_frame(value, &f);
	else
		count_unattributed(f.bytes);
	*copy = copy_bytes(&p, o);
	return 0;
}

/* Where a frame's own packet begins. */
static __always_inline struct origin find_origin(struct __sk_buff *skb)
{
	struct origin o = {
		.base = BPF_HDR_START_NET, .link_bytes = ETHERNET_BYTES, .protocol = bpf_ntohs(skb->protocol)};

	if (skb->vlan_present) {
		o.vlan = skb->vlan_tci & 0xfff;
		if (skb->pkt_type != PACKET_OUTGOING)
			__sync_fetch_and_add(&counters.tagged_frames, 1);
	}
	if (is_vlan_tag(o.protocol)) {
		o.base = BPF_HDR_START_MAC;
		o.at = ETHERNET_BYTES;
		skip_vlan_tags(skb, &o);
	}
	return o;
}

static __always_inline int count_non_ip(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&counters.non_ip_frames, 1);
	__sync_fetch_and_add(&counters.non_ip_bytes, frame_bytes(skb));
	return 0;
}

#endif
