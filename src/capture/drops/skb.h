/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the program reads of the kernel's structures. The loader finds each member in the running kernel's by name
 * (CO-RE), so order and neighbours do not matter here. */
#ifndef PODFLOW_SKB_H
#define PODFLOW_SKB_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	possible_net_t nd_net;
};

struct sock_common {
	possible_net_t skc_net;
};

struct sock {
	struct sock_common __sk_common;
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned int len;
	__be16 protocol;
	__u16 network_header;
	unsigned int tail; /* an offset from head on 64-bit machines */
	unsigned char *head;
	unsigned char *data;
};

#pragma clang attribute pop

#endif
