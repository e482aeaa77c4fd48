/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Layout of the flow maps: the C twin of src/model/flow-delta.ts, which says what each field means. */
#ifndef PODFLOW_FLOW_H
#define PODFLOW_FLOW_H

#include <linux/types.h>

enum key_kind { KIND_NORMAL = 0, KIND_FRAGMENT = 1, KIND_ICMP_ONE_WAY = 2 };

enum seen { SEEN_SYN = 1, SEEN_SYN_ACK = 2, SEEN_OUTGOING = 4, SEEN_INCOMING = 8, SEEN_SEQUENCE = 16 };

struct key_tail {
	__u16 port[2];
	__u8 protocol;
	__u8 kind;
	__u16 vlan;
};

struct flow_key4 {
	__u32 address[2]; /* network order */
	struct key_tail tail;
};

struct flow_key6 {
	__u32 address[2][4]; /* network order */
	struct key_tail tail;
};

/* 56 bytes: behind the hash element's header (48), the IPv4 key (16) and the allocator's link (8) the two sides of an
 * IPv4 flow fall on two cache lines of their own, so that two processors that carry one direction each do not share
 * one. */
struct flow_side {
	__u64 bytes;
	__u64 first_ns;
	__u64 syn_ns;
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
};

_Static_assert(sizeof(struct flow_key4) == 16, "key4");
_Static_assert(sizeof(struct flow_key6) == 40, "key6");
_Static_assert(sizeof(struct flow_side) == 56, "side");
_Static_assert(sizeof(struct flow_value) == 112, "value");

#endif
