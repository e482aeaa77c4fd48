import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * An OTLP receiver that takes everything and looks into nothing, in a process of its own, so that sending is part of
 * what an observer costs and receiving is not. Tells its port, then on each message what it took so far.
 */
let requests = 0;
let bytes = 0;

const server = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => (bytes += chunk.length));
  request.on('end', () => {
    requests++;
    response.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': 0 });
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', () => process.send?.({ requests, bytes }));
process.on('disconnect', () => process.exit(0));
// An interrupt from the terminal reaches the bench too, which ends this process when it is done with it.
process.on('SIGINT', () => undefined);
