import { NetlinkSocket, NLM_F, decodeNetlinkAttributes } from '../../lib/netlink-socket.ts';
import { toAddressText } from '../../lib/address-text.ts';
import { withNamespace } from './enter-namespace.ts';

/** State and counters of a network interface, as the kernel's own statistics have them. */
export interface LinkStatistics {
  readonly name: string;
  readonly ifindex: number;
  readonly isUp: boolean;
  readonly isLoopback: boolean;
  /** Link-layer address; undefined where the kind of link has none. */
  readonly hardwareAddress: Uint8Array | undefined;
  readonly rxFrames: number;
  readonly txFrames: number;
  readonly rxBytes: number;
  readonly txBytes: number;
}

/** linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h, linux/if.h */
const NETLINK_ROUTE = 0;
const RTM_GETLINK = 18;
const RTM_GETADDR = 22;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_STATS64 = 23;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFF_UP = 1;
const IFF_LOOPBACK = 8;
const IFINFOMSG_BYTES = 16;
const IFADDRMSG_BYTES = 8;

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

  /** Statistics of an interface, undefined when there is none of that name. */
  read(name: string): LinkStatistics | undefined {
    const text = Buffer.from(`${name}\0`);
    const body = Buffer.alloc(IFINFOMSG_BYTES + 4 + ((text.length + 3) & ~3));
    body.writeUInt16LE(4 + text.length, IFINFOMSG_BYTES);
    body.writeUInt16LE(IFLA_IFNAME, IFINFOMSG_BYTES + 2);
    text.copy(body, IFINFOMSG_BYTES + 4);
    const answer = this.#socket.request(RTM_GETLINK, 0, body);
    return typeof answer === 'number' || answer[0] === undefined ? undefined : decodeLink(answer[0].payload);
  }

  /** All interfaces of the namespace. */
  list(): LinkStatistics[] {
    const answer = this.#socket.request(RTM_GETLINK, NLM_F.dump, Buffer.alloc(IFINFOMSG_BYTES));
    return typeof answer === 'number' ? [] : answer.map((message) => decodeLink(message.payload));
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

function decodeLink(payload: Buffer): LinkStatistics {
  const attributes = decodeNetlinkAttributes(payload, IFINFOMSG_BYTES);
  const flags = payload.readUInt32LE(8);
  const statistics = attributes.get(IFLA_STATS64);
  const counter = (index: number): number =>
    statistics === undefined ? 0 : Number(statistics.readBigUInt64LE(index * 8));
  return {
    name: attributes.get(IFLA_IFNAME)?.toString('latin1').replace(/\0$/, '') ?? '',
    ifindex: payload.readInt32LE(4),
    isUp: (flags & IFF_UP) !== 0,
    isLoopback: (flags & IFF_LOOPBACK) !== 0,
    hardwareAddress: attributes.get(IFLA_ADDRESS),
    rxFrames: counter(0),
    txFrames: counter(1),
    rxBytes: counter(2),
    txBytes: counter(3),
  };
}
