// http-server.mjs [PORT]: an HTTP server for test pods. /bytes/COUNT answers with a body of so many bytes; any other
// path with one line of JSON: this pod's name and the two ends of the connection as they are seen here. Its own end is in
// the header x-server of every answer.
import { createServer } from 'node:http';
import { hostname } from 'node:os';

const [port = '8080'] = process.argv.slice(2);

createServer((request, response) => {
  const { localAddress, localPort, remoteAddress, remotePort } = request.socket;
  const byteCount = /^\/bytes\/(\d+)$/.exec(request.url)?.[1];
  const seen = { pod: hostname(), local: `${localAddress}:${localPort}`, remote: `${remoteAddress}:${remotePort}` };
  response.setHeader('x-server', seen.local);
  request.resume().on('end', () => {
    response.end(byteCount === undefined ? `${JSON.stringify(seen)}\n` : Buffer.alloc(Number(byteCount), '.'));
  });
}).listen(Number(port), '0.0.0.0');

process.on('SIGTERM', () => process.exit());
