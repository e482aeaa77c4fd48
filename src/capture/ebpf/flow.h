/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Layout of the flow maps: the C twin of src/model/flow-delta.ts, which says what each field means. */
#ifndef PODFLOW_FLOW_H
#define PODFLOW_FLOW_H

#include <linux/types.h>

enum key_kind { KIND_NORMAL = 0, KIND_FRAGMENT = 1, KIND_ICMP_ONE_WAY = 2 };

enum seen {
	SEEN_SYN = 1,
	SEEN_SYN_ACK = 2,
	SEEN_OUTGOING = 4,
	SEEN_INCOMING = 8,
	SEEN_SEQUENCE = 16,
	SEEN_ZERO_WINDOW = 32
};

struct key_tail {
	__u16 port[2];
	__u8 protocol;
	__u8 kind;
	__u16 vlan;
};

struct flow_key4 {
	__u32 address[2]; /* network order */
	struct key_tail tail;
	__u32 point;
};

struct flow_key6 {
	__u32 address[2][4]; /* network order */
	struct key_tail tail;
	__u32 point;
};

/* 56 bytes: behind the allocator's link (8), the hash element's header (48) and the IPv4 key (20, rounded up to 24) side
 * 0 of an IPv4 flow begins 80 bytes into its slab object of 192, side 1 at 136. So all that side 0 writes with each
 * packet ends where the cache line of side 1 begins, and two processors that carry one direction each share no line:
 * what lies behind, its last member, is written with the first SYN only. */
struct flow_side {
	__u64 bytes;
	__u64 first_ns;
	__u32 active_kns;
	__u32 frames;
	__u32 retransmits;
	__u32 next_sequence;
	__u32 awaited_ack;
	__u32 awaited_since_kns;
	__u32 ack_delay_kns;
	__u8 tcp_flags;
	__u8 seen;
	__u8 syn_count;
	__u8 sample_tick;
	__u64 syn_ns;
};

#define POINT_IS_TUNNEL 0x80000000 /* of key.point: the other bits are the tunnel's number */
#define MAX_TUNNELS 16384
#define MAX_TUNNEL_PORTS 8

enum tunnel_type { TUNNEL_NONE = 0, TUNNEL_VXLAN = 1, TUNNEL_GENEVE = 2 };

/* What encapsulated flows have in common. Its value in the map is its number, from 1; 0 before it has one. */
struct tunnel_key {
	__u32 point;         /* at which the outer frames are seen */
	__u32 type_id;       /* type << 24 | network identifier */
	__u32 address[2][4]; /* outer address on the side of the inner side 0 and 1; network order, IPv4 as ::ffff:a.b.c.d */
};

/* How the program was told to work: its .rodata, so that the verifier leaves out what is switched off. */
struct constants {
	__u32 is_loopback;         /* it shows each frame twice, leaving and coming in, and does not count link headers */
	__u32 points_by_interface; /* key.point is the interface's index, else `point` */
	__u32 point;
	__u32 tunnel_ports[MAX_TUNNEL_PORTS]; /* UDP destination port | type << 16; the first 0 ends the list */
};

struct flow_value {
	struct flow_side side[2];
};

/* Cells of the program's data section that user space reads through a mapping. */
struct counters {
	__u64 non_ip_frames;
	__u64 non_ip_bytes;
	__u64 unattributed_frames;
	__u64 unattributed_bytes;
	__u64 tagged_frames;
	__u64 inserted4;
	__u64 inserted6;
	__u64 tunnels; /* numbers given out */
};

_Static_assert(sizeof(struct flow_key4) == 20, "key4");
_Static_assert(sizeof(struct flow_key6) == 44, "key6");
_Static_assert(sizeof(struct tunnel_key) == 40, "tunnel");
_Static_assert(sizeof(struct flow_side) == 56, "side");
_Static_assert(sizeof(struct flow_value) == 112, "value");

#endif
