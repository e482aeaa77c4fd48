import { NLMSG_HEADER_BYTES } from './ctnetlink.ts';

/** Takes one message: its header's numbers, and where its payload begins and ends. False: no more of this datagram. */
export type MessageTaker = (type: number, flags: number, sequence: number, at: number, end: number) => boolean;

/**
 * Hands over the netlink messages between `start` and `end` (a datagram may hold several, each padded to 4 bytes). False
 * when one reaches beyond the end or is shorter than its header; those before it were handed over.
 */
export function readMessages(bytes: Buffer, start: number, end: number, take: MessageTaker): boolean {
  for (let at = start; at + NLMSG_HEADER_BYTES <= end;) {
    const byteCount = bytes.readUInt32LE(at);
    const stop = at + byteCount;
    if (byteCount < NLMSG_HEADER_BYTES || stop > end) return false;
    const type = bytes.readUInt16LE(at + 4);
    const flags = bytes.readUInt16LE(at + 6);
    if (!take(type, flags, bytes.readUInt32LE(at + 8), at + NLMSG_HEADER_BYTES, stop)) return true;
    at += (byteCount + 3) & ~3;
  }
  return true;
}
