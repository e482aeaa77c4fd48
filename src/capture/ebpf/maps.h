/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the program keeps between packets, and how it was told to work. */
#ifndef PODFLOW_MAPS_H
#define PODFLOW_MAPS_H

#include "flow.h"
#include "packet.h"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum slot { ACTIVE = 0, PREVIOUS = 1 };

const volatile struct constants constants = {};

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
	__u32 scope; /* of IPv4 the protocol; behind it the network identifier of the tunnel, whose addresses are its own */
};

/* First fragments, so that the later ones, which carry no ports, count to their flow. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct fragment_key);
	__type(value, struct ports);
} fragments SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TUNNELS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct tunnel_key);
	__type(value, __u32);
} tunnels SEC(".maps");

#endif
