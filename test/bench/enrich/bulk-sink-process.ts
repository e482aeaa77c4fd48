/**
 * Stands in for Elasticsearch where its own cost must not count: answers each bulk request at once, every document
 * created. Counts documents by lines. Tells its port, then on each message what it took so far.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

const NEWLINE = 0x0a;
const INFO = JSON.stringify({ version: { number: '9.5.3', build_flavor: 'default' }, tagline: 'You Know, for Search' });

let documents = 0;
let requests = 0;
let bytes = 0;

function countLines(body: Buffer): number {
  let lines = 0;
  for (let at = body.indexOf(NEWLINE); at >= 0; at = body.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

function answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  response.setHeader('x-elastic-product', 'Elasticsearch');
  response.setHeader('content-type', 'application/vnd.elasticsearch+json;compatible-with=9');
  if (!(request.url ?? '').includes('_bulk')) return void response.end(INFO);
  const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  const items = countLines(plain) / 2;
  requests++;
  bytes += body.length;
  documents += items;
  response.end(`{"errors":false,"took":1,"items":[${'{"create":{"status":201}},'.repeat(items).slice(0, -1)}]}`);
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => answer(request, Buffer.concat(chunks), response));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', () => process.send?.({ documents, requests, bytes }));
process.on('disconnect', () => process.exit(0));
// An interrupt from the terminal reaches the bench too, which ends this process when it is done with it.
process.on('SIGINT', () => undefined);
