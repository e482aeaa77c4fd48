/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Layout of the drop maps, the constants and the counters: src/capture/drops/drop-layout.ts is its twin. */
#ifndef PODFLOW_DROPS_H
#define PODFLOW_DROPS_H

#include <linux/types.h>

/* Bits of drop_key.kind. */
enum drop_kind { DROP_IPV4 = 1, DROP_HAS_PORTS = 2 };

/* Beside the eight TCP flags in drop_value.tcp_flags: a SYN without ACK was among the packets. */
#define DROP_FIRST_SYN 0x100

/* Directed: source and destination are those of the dropped packet. */
struct drop_key {
	__u32 source[4]; /* network order; IPv4 in the last word, behind zeros */
	__u32 destination[4];
	__u32 netns;  /* inode of the network namespace, as /proc/PID/ns/net names it */
	__u32 reason; /* enum skb_drop_reason of the running kernel */
	__u16 port[2];  /* host order, source and destination; of ICMP type and code */
	__u8 protocol;
	__u8 kind;
	__u16 unused;
};

struct drop_value {
	__u64 packets;
	__u64 bytes; /* from the IP header on */
	__u64 first_ns;
	__u64 last_ns;
	__u64 tcp_flags;
};

#define DROP_REASONS 256

/* How the program was told to work: its .rodata. */
struct drop_constants {
	__u32 limit;                /* drops that a processor looks at in a tick */
	__u8 ignored[DROP_REASONS]; /* by reason: 1 where it is no drop */
};

/* 2^27 ns = 134 ms. */
#define DROP_TICK_SHIFT 27

/* Cells of the program's data section that user space reads through a mapping. Packets, but for the first. */
struct drop_counters {
	__u64 inserted;  /* entries made */
	__u64 netns;     /* of a namespace that is not wanted, or that could not be told */
	__u64 rate;      /* beyond the limit */
	__u64 no_tuple;  /* neither IPv4 nor IPv6, or the header cannot be read */
	__u64 map_full;
};

_Static_assert(sizeof(struct drop_key) == 48, "key");
_Static_assert(sizeof(struct drop_value) == 40, "value");
_Static_assert(sizeof(struct drop_constants) == 260, "constants");

#endif
