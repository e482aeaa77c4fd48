import { NetlinkSocket, NLM_F, decodeNetlinkAttributes } from '../../lib/netlink-socket.ts';
import { toAddressText } from '../../lib/address-text.ts';
import { decodeFrameCounts, decodeLink, IFINFOMSG_BYTES, type FrameCounts, type Link } from './decode-link.ts';
import { withNamespace } from '../../lib/enter-namespace.ts';

/** linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h, linux/net_namespace.h */
const NETLINK_ROUTE = 0;
const RTM_GETLINK = 18;
const RTM_GETADDR = 22;
const RTM_GETROUTE = 26;
const RTM_GETNSID = 90;
const RTM_GETSTATS = 94;
const IFLA_IFNAME = 3;
const IFLA_STATS_LINK_64 = 1;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const AF_INET = 2;
const AF_INET6 = 10;
const RTA_DST = 1;
const RTA_OIF = 4;
const NETNSA_NSID = 1;
const NETNSA_FD = 3;
const IFADDRMSG_BYTES = 8;
const IF_STATS_MSG_BYTES = 12;
const RTGENMSG_BYTES = 4;
const RTMSG_BYTES = 12;
/** Documentation prefixes (RFC 5737, RFC 3849): nobody has such an address, so the route to it leads outside. */
const OUTSIDE = [
  { family: AF_INET, address: Uint8Array.of(192, 0, 2, 1) },
  { family: AF_INET6, address: Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1) },
] as const;

/** Asks rtnetlink of one network namespace for interfaces, their counters and addresses; some 20 µs a question. */
export class LinkMonitor {
  readonly #socket: NetlinkSocket;

  private constructor(socket: NetlinkSocket) {
    this.#socket = socket;
  }

  /** @param namespacePath network namespace, undefined for the one podflow is in */
  static open(namespacePath?: string): LinkMonitor {
    return new LinkMonitor(withNamespace(namespacePath, () => new NetlinkSocket(NETLINK_ROUTE)));
  }

  /** An interface by name, undefined when there is none of that name. */
  read(name: string): Link | undefined {
    const text = Buffer.from(`${name}\0`);
    const body = Buffer.alloc(IFINFOMSG_BYTES + 4 + ((text.length + 3) & ~3));
    body.writeUInt16LE(4 + text.length, IFINFOMSG_BYTES);
    body.writeUInt16LE(IFLA_IFNAME, IFINFOMSG_BYTES + 2);
    text.copy(body, IFINFOMSG_BYTES + 4);
    return this.#readLink(body);
  }

  /** An interface by index, undefined when there is none of that index. */
  readIndex(ifindex: number): Link | undefined {
    const body = Buffer.alloc(IFINFOMSG_BYTES);
    body.writeInt32LE(ifindex, 4);
    return this.#readLink(body);
  }

  #readLink(body: Buffer): Link | undefined {
    const answer = this.#socket.request(RTM_GETLINK, 0, body);
    return typeof answer === 'number' || answer[0] === undefined ? undefined : decodeLink(answer[0].payload);
  }

  /** All interfaces of the namespace. */
  list(): Link[] {
    const answer = this.#socket.request(RTM_GETLINK, NLM_F.dump, Buffer.alloc(IFINFOMSG_BYTES));
    return typeof answer === 'number' ? [] : answer.map((message) => decodeLink(message.payload));
  }

  /** Hands over what every interface of the namespace has counted; a tenth of the work of listing them. */
  readCounts(take: (ifindex: number, counts: FrameCounts) => void): void {
    const body = Buffer.alloc(IF_STATS_MSG_BYTES);
    body.writeUInt32LE(1 << (IFLA_STATS_LINK_64 - 1), 8);
    const answer = this.#socket.request(RTM_GETSTATS, NLM_F.dump, body);
    if (typeof answer === 'number') return;
    for (const { payload } of answer) {
      const statistics = decodeNetlinkAttributes(payload, IF_STATS_MSG_BYTES).get(IFLA_STATS_LINK_64);
      if (statistics !== undefined) take(payload.readInt32LE(4), decodeFrameCounts(statistics));
    }
  }

  /**
   * The id by which links of this namespace name another one, given by an open descriptor of it; undefined when none
   * of them leads there.
   */
  namespaceId(descriptor: number): number | undefined {
    const body = Buffer.alloc(RTGENMSG_BYTES + 8);
    body.writeUInt16LE(8, RTGENMSG_BYTES);
    body.writeUInt16LE(NETNSA_FD, RTGENMSG_BYTES + 2);
    body.writeInt32LE(descriptor, RTGENMSG_BYTES + 4);
    const answer = this.#socket.request(RTM_GETNSID, 0, body);
    if (typeof answer === 'number' || answer[0] === undefined) return undefined;
    const id = decodeNetlinkAttributes(answer[0].payload, RTGENMSG_BYTES).get(NETNSA_NSID)?.readInt32LE(0);
    return id === undefined || id < 0 ? undefined : id;
  }

  /** Indexes of the interfaces by which the namespace reaches the world, IPv4 and IPv6. */
  outsideIfindexes(): number[] {
    return OUTSIDE.flatMap(({ family, address }) => {
      const body = Buffer.alloc(RTMSG_BYTES + 4 + address.length);
      body.writeUInt8(family, 0);
      body.writeUInt8(address.length * 8, 1);
      body.writeUInt16LE(4 + address.length, RTMSG_BYTES);
      body.writeUInt16LE(RTA_DST, RTMSG_BYTES + 2);
      body.set(address, RTMSG_BYTES + 4);
      const answer = this.#socket.request(RTM_GETROUTE, 0, body);
      if (typeof answer === 'number' || answer[0] === undefined) return [];
      const ifindex = decodeNetlinkAttributes(answer[0].payload, RTMSG_BYTES).get(RTA_OIF)?.readInt32LE(0);
      return ifindex === undefined ? [] : [ifindex];
    });
  }

  /** Addresses of an interface as text, IPv4 and IPv6. */
  addresses(ifindex: number): string[] {
    const answer = this.#socket.request(RTM_GETADDR, NLM_F.dump, Buffer.alloc(IFADDRMSG_BYTES));
    if (typeof answer === 'number') return [];
    return answer
      .filter((message) => message.payload.readUInt32LE(4) === ifindex)
      .flatMap((message) => {
        const attributes = decodeNetlinkAttributes(message.payload, IFADDRMSG_BYTES);
        const address = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
        return address === undefined ? [] : [toAddressText(address)];
      });
  }

  close(): void {
    this.#socket.close();
  }
}
