// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Counts per flow, reason and network namespace what the kernel drops: runs at the tracepoint kfree_skb, with every
 * socket buffer of the machine that is freed for a reason.
 *
 * Drops are counted in a hash map behind an array of maps with one slot. User space puts an empty map there and reads
 * the full one when nothing writes to it any more. What is not counted per flow is counted by why, so that the sum of
 * both is what came.
 *
 * Only the first three arguments of the tracepoint are read: newer kernels have a fourth.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "tuple.h"

struct drop_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1); /* a template: user space sizes the real ones */
	__uint(key_size, sizeof(struct drop_key));
	__uint(value_size, sizeof(struct drop_value));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct drop_map);
} generations SEC(".maps");

/* Inode of a namespace → whether its drops are wanted. User space judges what is not in it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u32);
} namespaces SEC(".maps");

struct budget {
	__u64 tick;
	__u64 used;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct budget);
} budgets SEC(".maps");

const volatile struct drop_constants constants = {};
struct drop_counters counters = {};

static __always_inline void add(__u64 *cell, __u64 count)
{
	__sync_fetch_and_add(cell, count);
}

static __always_inline int is_ignored(__u32 reason)
{
	__u64 index = reason;

	if (reason >= DROP_REASONS)
		return 0;
	/* The compiler would leave this out as needless, and the verifier then not see that the index is bounded. */
	asm volatile("%0 &= 255" : "+r"(index));
	return constants.ignored[index];
}

static __always_inline int is_wanted(__u32 netns)
{
	__u32 *wanted;

	if (netns == 0)
		return 0;
	wanted = bpf_map_lookup_elem(&namespaces, &netns);
	return !wanted || *wanted;
}

static __always_inline __u32 device_netns(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;

	return dev ? dev->nd_net.net->ns.inum : 0;
}

static __always_inline __u32 socket_netns(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	return sk ? sk->__sk_common.skc_net.net->ns.inum : 0;
}

/* The namespace of the device; of the socket where there is none or where its place in the buffer holds something else,
 * as in the queues of TCP and UDP (sk_buff.rbnode, .dev_scratch): reads of what is no address give 0. */
static __always_inline __u32 find_netns(struct sk_buff *skb)
{
	__u32 netns = device_netns(skb);

	if (is_wanted(netns))
		return netns;
	netns = socket_netns(skb);
	return is_wanted(netns) ? netns : 0;
}

static __always_inline int is_beyond_limit(__u64 now)
{
	__u32 zero = 0;
	struct budget *budget = bpf_map_lookup_elem(&budgets, &zero);

	if (!budget)
		return 1;
	if (budget->tick != now >> DROP_TICK_SHIFT) {
		budget->tick = now >> DROP_TICK_SHIFT;
		budget->used = 0;
	}
	return ++budget->used > constants.limit;
}

static __always_inline struct drop_value *find_or_insert(const struct drop_key *key, __u64 now)
{
	__u32 zero = 0;
	struct drop_value *value, fresh = { .first_ns = now };
	void *map = bpf_map_lookup_elem(&generations, &zero);

	if (!map)
		return 0;
	value = bpf_map_lookup_elem(map, key);
	if (value)
		return value;
	if (!bpf_map_update_elem(map, key, &fresh, BPF_NOEXIST))
		add(&counters.inserted, 1);
	/* Another processor may have been first. */
	return bpf_map_lookup_elem(map, key);
}

static __always_inline void count(struct drop_value *value, __u64 bytes, __u64 flags, __u64 now)
{
	add(&value->packets, 1);
	add(&value->bytes, bytes);
	if ((value->tcp_flags & flags) != flags)
		__sync_fetch_and_or(&value->tcp_flags, flags);
	value->last_ns = now;
}

SEC("tp_btf/kfree_skb")
int count_drop(__u64 *arguments)
{
	struct sk_buff *skb = (struct sk_buff *)arguments[0];
	__u32 reason = arguments[2];
	struct drop_key key = {};
	struct packet packet = {};
	struct drop_value *value;
	__u64 now;

	if (is_ignored(reason))
		return 0;
	key.reason = reason;
	key.netns = find_netns(skb);
	if (key.netns == 0) {
		add(&counters.netns, 1);
		return 0;
	}
	now = bpf_ktime_get_ns();
	if (is_beyond_limit(now)) {
		add(&counters.rate, 1);
		return 0;
	}
	if (read_tuple(skb, &key, &packet)) {
		add(&counters.no_tuple, 1);
		return 0;
	}
	value = find_or_insert(&key, now);
	if (value)
		count(value, ip_bytes(skb, &packet), packet.flags, now);
	else
		add(&counters.map_full, 1);
	return 0;
}

/* bpf_probe_read_kernel is for GPL-compatible programs only. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";
