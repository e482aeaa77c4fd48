/**
 * Numbers of the conntrack netlink protocol, from the kernel's uapi headers: linux/netlink.h,
 * linux/netfilter/nfnetlink.h, linux/netfilter/nfnetlink_conntrack.h.
 */

export const NETLINK_NETFILTER = 12;

/** Message types: (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_*. */
export const CT_MESSAGE = { new: 0x100, get: 0x101, delete: 0x102, getStats: 0x105 } as const;

export const NLMSG = { error: 2, done: 3 } as const;

export const NLM_F = { request: 0x1, dumpInterrupted: 0x10, dump: 0x300, excl: 0x200, create: 0x400 } as const;

/** Bits of sockaddr_nl.nl_groups: group n is bit n - 1. */
export const CT_GROUP = { new: 1, update: 2, destroy: 4 } as const;

/** struct nlmsghdr: length u32, type u16, flags u16, sequence u32, port u32, in host order. */
export const NLMSG_HEADER_BYTES = 16;
/** struct nfgenmsg: family u8, version u8, res_id be16. */
export const NFGENMSG_BYTES = 4;

export const AF = { unspecified: 0, inet: 2, inet6: 10, netlink: 16 } as const;

export const CTA = {
  tupleOrig: 1,
  tupleReply: 2,
  id: 12,
  zone: 18,
  timestamp: 20,
  /** Linux 6.14 and later, with net.netfilter.nf_conntrack_timestamp=1. */
  timestampEvent: 27,
} as const;

export const CTA_TUPLE = { ip: 1, proto: 2, zone: 3 } as const;
export const CTA_IP = { v4Source: 1, v4Destination: 2, v6Source: 3, v6Destination: 4 } as const;
export const CTA_PROTO = { number: 1, sourcePort: 2, destinationPort: 3, icmpType: 5, icmp6Type: 8 } as const;
export const CTA_TIMESTAMP = { start: 1, stop: 2 } as const;

/** The high bits of an attribute's type tell nesting and byte order. */
export const NLA_TYPE_MASK = 0x3fff;
