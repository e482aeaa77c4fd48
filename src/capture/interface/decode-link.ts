import { decodeNetlinkAttributes } from '../../lib/netlink-socket.ts';

/** What an interface counted since it was made. */
export interface FrameCounts {
  readonly rxFrames: number;
  readonly txFrames: number;
  readonly rxBytes: number;
  readonly txBytes: number;
}

/** A network interface, its state and its counters, as rtnetlink tells them (RTM_NEWLINK, RTM_DELLINK). */
export interface Link extends FrameCounts {
  readonly name: string;
  readonly ifindex: number;
  readonly isUp: boolean;
  readonly isLoopback: boolean;
  /** Link-layer address; undefined where the kind of link has none. */
  readonly hardwareAddress: Uint8Array | undefined;
  /** The kernel's name of a virtual device's kind, as `veth`; undefined for a device proper. */
  readonly kind: string | undefined;
  /** The other end of a veth, or the device that a macvlan stands on; undefined where there is none. */
  readonly lowerIfindex: number | undefined;
  /**
   * The namespace of that one when it is another: an id that holds within the namespace that was asked
   * (rtnetlink(7), IFLA_LINK_NETNSID).
   */
  readonly lowerNamespaceId: number | undefined;
}

/** linux/if_link.h, linux/if.h */
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_LINK = 5;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_STATS64 = 23;
const IFLA_LINK_NETNSID = 37;
const IFF_UP = 1;
const IFF_LOOPBACK = 8;
export const IFINFOMSG_BYTES = 16;

/** Decodes the body of a link message: `struct ifinfomsg` and attributes. */
export function decodeLink(payload: Buffer): Link {
  const attributes = decodeNetlinkAttributes(payload, IFINFOMSG_BYTES);
  const flags = payload.readUInt32LE(8);
  const statistics = attributes.get(IFLA_STATS64);
  const information = attributes.get(IFLA_LINKINFO);
  const kind = information === undefined ? undefined : decodeNetlinkAttributes(information, 0).get(IFLA_INFO_KIND);
  return {
    name: toText(attributes.get(IFLA_IFNAME)) ?? '',
    ifindex: payload.readInt32LE(4),
    isUp: (flags & IFF_UP) !== 0,
    isLoopback: (flags & IFF_LOOPBACK) !== 0,
    hardwareAddress: attributes.get(IFLA_ADDRESS),
    kind: toText(kind),
    lowerIfindex: attributes.get(IFLA_LINK)?.readInt32LE(0),
    lowerNamespaceId: attributes.get(IFLA_LINK_NETNSID)?.readInt32LE(0),
    ...decodeFrameCounts(statistics),
  };
}

/** The first four of `struct rtnl_link_stats64`. */
export function decodeFrameCounts(statistics: Buffer | undefined): FrameCounts {
  const counter = (index: number): number =>
    statistics === undefined ? 0 : Number(statistics.readBigUInt64LE(index * 8));
  return { rxFrames: counter(0), txFrames: counter(1), rxBytes: counter(2), txBytes: counter(3) };
}

function toText(bytes: Buffer | undefined): string | undefined {
  return bytes?.toString('latin1').replace(/\0$/, '');
}
