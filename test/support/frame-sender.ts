import { readFileSync } from 'node:fs';
import { withNamespace } from '../../src/lib/enter-namespace.ts';
import { checked, libc } from '../../src/lib/libc.ts';

/** Frames of a classic little-endian pcap file (24-byte header, 16 bytes before each packet), whole ones only. */
export function readPcapFrames(path: URL): Buffer[] {
  const file = readFileSync(path);
  const frames: Buffer[] = [];
  for (let at = 24; at + 16 <= file.length;) {
    const [captured, original] = [file.readUInt32LE(at + 8), file.readUInt32LE(at + 12)];
    if (captured === original) frames.push(file.subarray(at + 16, at + 16 + captured));
    at += 16 + captured;
  }
  return frames;
}

/** Sends frames as they are out of an interface, through an AF_PACKET socket of that network namespace. */
export function sendFrames(namespacePath: string, ifindex: number, frames: readonly Buffer[]): void {
  const socket = withNamespace(namespacePath, () => checked(libc.socket(17, 3, 0), 'socket', 'Run as root.'));
  try {
    const address = Buffer.alloc(20);
    address.writeUInt16LE(17, 0);
    address.writeInt32LE(ifindex, 4);
    checked(libc.bind(socket, address, address.length), 'bind', 'Run as root.');
    for (const frame of frames) checked(libc.send(socket, frame, frame.length, 0), 'send', `${frame.length} bytes`);
  } finally {
    libc.close(socket);
  }
}
