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
 */
#include "flow.h"
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define ETH_P_8021Q 0x8100
#define ETH_P_8021AD 0x88a8
#define PACKET_OUTGOING 4

#define IP_ICMP 1
#define IP_TCP 6
#define IP_UDP 17
#define IP_ICMP6 58
#define IP_SCTP 132

#define TCP_FIN 1
#define TCP_SYN 2
#define TCP_ACK 16

#define DNS_PORT 53
#define COPY_DNS_BYTES 512
#define COPY_ICMP_ERROR_BYTES 256
#define MAX_EXTENSION_HEADERS 8
#define MAX_VLAN_TAGS 2
#define SAMPLE_TICK_SHIFT 27 /* 2^27 ns = 134 ms: a side starts one round-trip sample a tick at most */

enum slot { ACTIVE = 0, PREVIOUS = 1 };

/* The loopback device shows each frame twice, leaving and coming in, and does not count its link header. */
const volatile __u32 is_loopback = 0;
const volatile __u32 copy_dns = 0;

struct counters counters;

struct flows4 {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* a template: user space sizes the real ones */
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct flow_key4));
	__uint(value_size, sizeof(struct flow_value));
};

struct flows6 {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* a template: user space sizes the real ones */
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct flow_key6));
	__uint(value_size, sizeof(struct flow_value));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct flows4);
} generations4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct flows6);
} generations6 SEC(".maps");

struct fragment_key {
	__u32 source[4];
	__u32 destination[4];
	__u32 id;
	__u32 protocol;
};

struct ports {
	__u16 source;
	__u16 destination;
	__u8 kind;
	__u8 zero[3];
};

/* First fragments, so that the later ones, which carry no ports, count to their flow. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct fragment_key);
	__type(value, struct ports);
} fragments SEC(".maps");

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

/* What is known of one frame besides its key. */
struct frame {
	__u32 bytes;
	__u32 segment_bytes; /* TCP payload, SYN and FIN counted one each */
	__u32 sequence, acknowledgement;
	__u8 is_tcp;
	__u8 flags;
	__u8 side;
	__u8 direction; /* SEEN_OUTGOING or SEEN_INCOMING */
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

static __always_inline long load(struct __sk_buff *skb, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes_relative(skb, offset, to, size, BPF_HDR_START_NET);
}

#define LOOPBACK_HEADER_BYTES 14

static __always_inline __u32 frame_bytes(struct __sk_buff *skb)
{
	return is_loopback ? skb->len - LOOPBACK_HEADER_BYTES : skb->len;
}

static __always_inline void count_unattributed(__u32 bytes)
{
	__sync_fetch_and_add(&counters.unattributed_frames, 1);
	__sync_fetch_and_add(&counters.unattributed_bytes, bytes);
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

static __always_inline int load_transport(struct __sk_buff *skb, __u32 offset, struct packet *p)
{
	switch (least_transport_bytes(p->protocol)) {
	case 16: return load(skb, offset, &p->transport, 16);
	case 8: return load(skb, offset, &p->transport, 8);
	case 2: return load(skb, offset, &p->transport, 2);
	default: return 0;
	}
}

static __always_inline void track_sequence(struct flow_side *own, struct flow_side *other, struct frame *f, __u32 now_kns)
{
	__u32 end = f->sequence + f->segment_bytes;
	__u8 is_known = own->seen & SEEN_SEQUENCE;
	__s32 behind = f->sequence - own->next_sequence;
	__u8 is_syn = f->flags & TCP_SYN;

	if (is_known && is_syn && end != own->next_sequence) /* the tuple is used again: a new sequence space */
		is_known = 0;
	if (is_known && behind < 0) {
		__u8 is_keep_alive = behind == -1 && f->segment_bytes <= 1 && !(f->flags & (TCP_SYN | TCP_FIN));
		if (!is_keep_alive) {
			__sync_fetch_and_add(&own->retransmits, 1);
			other->awaited_since_kns = 0; /* Karn: an acknowledgement would be ambiguous */
		}
		if ((__s32)(end - own->next_sequence) > 0)
			own->next_sequence = end;
		return;
	}
	own->next_sequence = end;
	own->seen |= SEEN_SEQUENCE;
	__u8 tick = now_kns >> (SAMPLE_TICK_SHIFT - 10);
	if (other->awaited_since_kns == 0 && (tick != own->sample_tick || is_syn)) {
		own->sample_tick = tick;
		other->awaited_ack = end;
		__u32 since = bpf_ktime_get_ns() >> 10;
		other->awaited_since_kns = since ? since : 1;
	}
}

static __always_inline void track_acknowledgement(struct flow_side *own, struct frame *f)
{
	__u32 since = own->awaited_since_kns;

	if (since == 0 || !(f->flags & TCP_ACK) || (__s32)(f->acknowledgement - own->awaited_ack) < 0)
		return;
	own->awaited_since_kns = 0;
	__u32 sample = (__u32)(bpf_ktime_get_ns() >> 10) - since, old = own->ack_delay_kns;
	if (sample > 1u << 27) /* two minutes: a clock or a connection that slept */
		return;
	__u32 smoothed = old == 0 ? sample : sample >= old ? old + (sample - old) / 8 : old - (old - sample) / 8;
	own->ack_delay_kns = smoothed ? smoothed : 1;
}

static __always_inline void count_tcp(struct flow_side *own, struct flow_side *other, struct frame *f, __u64 now)
{
	own->tcp_flags |= f->flags;
	if (f->flags & TCP_SYN) {
		if (own->syn_ns == 0)
			own->syn_ns = bpf_ktime_get_ns();
		if (f->flags & TCP_ACK) {
			own->seen |= SEEN_SYN_ACK;
		} else {
			own->seen |= SEEN_SYN;
			if (own->syn_count < 255)
				own->syn_count++;
		}
	}
	track_acknowledgement(own, f);
	if (f->segment_bytes)
		track_sequence(own, other, f, now >> 10);
}

static __always_inline void count_frame(struct flow_value *value, struct frame *f)
{
	struct flow_side *own = &value->side[f->side & 1], *other = &value->side[(f->side & 1) ^ 1];
	__u64 now = bpf_ktime_get_coarse_ns();

	if (own->first_ns == 0)
		own->first_ns = now;
	else if (now > own->first_ns)
		own->active_kns = (now - own->first_ns) >> 10;
	__sync_fetch_and_add(&own->frames, 1);
	__sync_fetch_and_add(&own->bytes, f->bytes);
	if (!(own->seen & f->direction))
		own->seen |= f->direction;
	if (f->is_tcp)
		count_tcp(own, other, f, now);
}

static __always_inline void carry_side(struct flow_side *to, const struct flow_side *from)
{
	to->next_sequence = from->next_sequence;
	to->awaited_ack = from->awaited_ack;
	to->awaited_since_kns = from->awaited_since_kns;
	to->ack_delay_kns = from->ack_delay_kns;
	to->sample_tick = from->sample_tick;
	to->seen = from->seen & SEEN_SEQUENCE;
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
		bpf_map_update_elem(&fragments, key, &p->ports, BPF_ANY);
		return;
	}
	struct ports *first = bpf_map_lookup_elem(&fragments, key);
	if (first)
		p->ports = *first;
	else
		p->ports.kind = KIND_FRAGMENT;
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
	f->sequence = bpf_ntohl(p->transport.sequence);
	f->acknowledgement = bpf_ntohl(p->transport.acknowledgement);
	__u32 data = p->transport_offset + (p->transport.data_offset >> 4) * 4;
	f->segment_bytes = p->payload_end > data ? p->payload_end - data : 0;
	f->segment_bytes += (f->flags & TCP_SYN ? 1 : 0) + (f->flags & TCP_FIN ? 1 : 0);
}

/* How much of this packet user space must read. */
static __always_inline int copy_bytes(struct packet *p)
{
	if (p->is_later_fragment)
		return 0;
	if (p->protocol == IP_UDP)
		return copy_dns && (p->ports.source == DNS_PORT || p->ports.destination == DNS_PORT) ? COPY_DNS_BYTES : 0;
	if (p->protocol == IP_ICMP)
		return p->ports.source == 3 || p->ports.source == 11 || p->ports.source == 12 ? COPY_ICMP_ERROR_BYTES : 0;
	if (p->protocol == IP_ICMP6)
		return p->ports.source >= 1 && p->ports.source <= 4 ? COPY_ICMP_ERROR_BYTES : 0;
	return 0;
}

/* Bytes from the network header to the end of the frame, as the skb has them. */
static __always_inline __u32 network_bytes(struct __sk_buff *skb, __u32 link_bytes)
{
	return skb->len > link_bytes ? skb->len - link_bytes : 0;
}

#define IP4_MORE_FRAGMENTS 0x2000
#define IP4_OFFSET 0x1fff

static __always_inline int parse_ip4(struct __sk_buff *skb, __u32 at, __u32 link_bytes, struct packet *p,
				     struct ip4_header *ip)
{
	struct head4 head;

	if (load(skb, at, &head, sizeof(head)) == 0) {
		p->transport = head.transport;
	} else if (load(skb, at, &head, sizeof(struct ip4_header)) != 0) {
		return -1;
	}
	*ip = head.ip;
	__u32 header_bytes = (ip->version_ihl & 0xf) * 4, total = bpf_ntohs(ip->total_length);
	__u16 fragment = bpf_ntohs(ip->fragment);

	if (total == 0) /* a segmentation super-frame above 64 KiB (BIG TCP) */
		total = network_bytes(skb, link_bytes);
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
	return load_transport(skb, at + header_bytes, p);
}

static __always_inline int handle_ip4(struct __sk_buff *skb, __u32 at, __u32 link_bytes, __u16 vlan)
{
	struct packet p = {.vlan = vlan};
	struct ip4_header ip;

	if (parse_ip4(skb, at, link_bytes, &p, &ip) != 0) {
		count_unattributed(frame_bytes(skb));
		return 0;
	}
	if (!p.is_later_fragment)
		read_ports(&p);
	if (p.is_first_fragment || p.is_later_fragment) {
		struct fragment_key key = {
			.source = {ip.source}, .destination = {ip.destination}, .id = p.fragment_id, .protocol = p.protocol};
		resolve_fragment(&p, &key);
	}
	__u32 source = bpf_ntohl(ip.source), destination = bpf_ntohl(ip.destination);
	__u32 side = source > destination || (source == destination && p.ports.source > p.ports.destination);
	if (p.ports.kind == KIND_ICMP_ONE_WAY)
		side = 0;
	struct flow_key4 key = {.address = {side ? ip.destination : ip.source, side ? ip.source : ip.destination}};
	fill_tail(&key.tail, &p, side);
	struct frame f = {};
	fill_frame(&f, &p, skb, side);
	struct flow_value *value = find_or_insert(&generations4, &key, &counters.inserted4);
	if (value)
		count_frame(value, &f);
	else
		count_unattributed(f.bytes);
	return copy_bytes(&p);
}

#define IP6_FRAGMENT 44
#define IP6_AUTHENTICATION 51

static __always_inline int is_extension_header(__u8 next)
{
	return next == 0 || next == 43 || next == IP6_FRAGMENT || next == IP6_AUTHENTICATION || next == 60 ||
	       next == 135 || next == 139 || next == 140;
}

/* Walks the extension headers (RFC 8200 §4) up to the transport header. */
static __always_inline int skip_extension_headers(struct __sk_buff *skb, __u32 at, struct packet *p, __u8 next)
{
	__u32 offset = sizeof(struct ip6_header);

#pragma unroll
	for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
		if (!is_extension_header(next) || p->is_later_fragment)
			break;
		__u8 head[8];
		if (load(skb, at + offset, head, sizeof(head)) != 0)
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

static __always_inline int parse_ip6(struct __sk_buff *skb, __u32 at, __u32 link_bytes, struct packet *p,
				     struct ip6_header *ip)
{
	struct head6 head;
	int is_whole = load(skb, at, &head, sizeof(head)) == 0;

	if (!is_whole && load(skb, at, &head, sizeof(struct ip6_header)) != 0)
		return -1;
	*ip = head.ip;
	if ((bpf_ntohl(ip->version_flow) >> 28) != 6)
		return -1;
	p->payload_end = sizeof(struct ip6_header) + bpf_ntohs(ip->payload_length);
	if (ip->payload_length == 0) /* jumbogram (RFC 2675) or BIG TCP */
		p->payload_end = network_bytes(skb, link_bytes);
	if (is_extension_header(ip->next_header)) {
		if (skip_extension_headers(skb, at, p, ip->next_header) != 0)
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
	return load_transport(skb, at + p->transport_offset, p);
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

static __always_inline int handle_ip6(struct __sk_buff *skb, __u32 at, __u32 link_bytes, __u16 vlan)
{
	struct packet p = {.vlan = vlan};
	struct ip6_header ip;

	if (parse_ip6(skb, at, link_bytes, &p, &ip) != 0) {
		count_unattributed(frame_bytes(skb));
		return 0;
	}
	if (!p.is_later_fragment)
		read_ports(&p);
	if (p.is_first_fragment || p.is_later_fragment) {
		struct fragment_key key = {.id = p.fragment_id, .protocol = p.protocol};
		__builtin_memcpy(key.source, ip.source, 16);
		__builtin_memcpy(key.destination, ip.destination, 16);
		resolve_fragment(&p, &key);
	}
	__u32 side = p.ports.kind == KIND_ICMP_ONE_WAY ? 0 : is_source_higher(&ip, &p);
	struct flow_key6 key = {};
	__builtin_memcpy(key.address[0], side ? ip.destination : ip.source, 16);
	__builtin_memcpy(key.address[1], side ? ip.source : ip.destination, 16);
	fill_tail(&key.tail, &p, side);
	struct frame f = {};
	fill_frame(&f, &p, skb, side);
	struct flow_value *value = find_or_insert(&generations6, &key, &counters.inserted6);
	if (value)
		count_frame(value, &f);
	else
		count_unattributed(f.bytes);
	return copy_bytes(&p);
}

SEC("socket")
int observe(struct __sk_buff *skb)
{
	__u16 protocol = bpf_ntohs(skb->protocol), vlan = 0;
	__u32 at = 0, link_bytes = 14;

	if (is_loopback && skb->pkt_type == PACKET_OUTGOING)
		return 0;
	if (skb->vlan_present) {
		vlan = skb->vlan_tci & 0xfff;
		if (skb->pkt_type != PACKET_OUTGOING)
			__sync_fetch_and_add(&counters.tagged_frames, 1);
	}
#pragma unroll
	for (int i = 0; i < MAX_VLAN_TAGS; i++) {
		struct {
			__u16 tci, protocol;
		} tag;
		if (protocol != ETH_P_8021Q && protocol != ETH_P_8021AD)
			break;
		if (load(skb, at, &tag, sizeof(tag)) != 0)
			break;
		if (vlan == 0)
			vlan = bpf_ntohs(tag.tci) & 0xfff;
		protocol = bpf_ntohs(tag.protocol);
		at += 4;
		link_bytes += 4;
	}
	if (protocol == ETH_P_IP)
		return handle_ip4(skb, at, link_bytes, vlan);
	if (protocol == ETH_P_IPV6)
		return handle_ip6(skb, at, link_bytes, vlan);
	__sync_fetch_and_add(&counters.non_ip_frames, 1);
	__sync_fetch_and_add(&counters.non_ip_bytes, frame_bytes(skb));
	return 0;
}

/* bpf_ktime_get_ns and others are for GPL-compatible programs only. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";
