import { createSocket } from 'node:dgram';

const DNS_PORT = 53;
const HEADER_BYTES = 12;
/** RFC 1035 §4.1.1: response, recursion desired and available; with NXDOMAIN for names that are not known. */
const FLAGS_ANSWER = 0x8180;
const FLAGS_NO_NAME = 0x8183;
const TYPE_A = 1;
const TTL_SECONDS = 5;

/** A name server (RFC 1035, UDP) that answers A questions from `addresses` (name → IPv4 address). */
export function runDnsServer(addresses: ReadonlyMap<string, string>, onReady: () => void): void {
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    const answer = answerQuery(query, addresses);
    if (answer !== undefined) socket.send(answer, peer.port, peer.address);
  });
  socket.bind(DNS_PORT, '0.0.0.0', onReady);
}

function answerQuery(query: Buffer, addresses: ReadonlyMap<string, string>): Buffer | undefined {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at]; length !== undefined && length > 0 && length < 64; length = query[at]) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const end = at + 5; // the root label, type, class
  if (end > query.length) return undefined;
  const address = query.readUInt16BE(at + 1) === TYPE_A ? addresses.get(labels.join('.').toLowerCase()) : undefined;
  const header = Buffer.from(query.subarray(0, end));
  header.writeUInt16BE(address === undefined ? FLAGS_NO_NAME : FLAGS_ANSWER, 2);
  header.writeUInt16BE(address === undefined ? 0 : 1, 6);
  header.writeUInt32BE(0, 8);
  return address === undefined ? header : Buffer.concat([header, toAddressRecord(address)]);
}

/** A resource record whose name points to the question (RFC 1035 §4.1.4). */
function toAddressRecord(address: string): Buffer {
  const record = Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]);
  record.writeUInt32BE(TTL_SECONDS, 6);
  record.set(address.split('.').map(Number), 12);
  return record;
}
