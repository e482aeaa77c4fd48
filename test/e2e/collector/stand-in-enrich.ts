import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface StandInEnrich {
  readonly url: string;
  /** Most requests that were under way at a time. */
  readonly peak: number;
  close(): Promise<void>;
}

/** What the gateway talks to, in the place of `podflow enrich`: answers a request with the status that `take` gives. */
export async function startStandInEnrich(take: (protobuf: Buffer) => Promise<number>): Promise<StandInEnrich> {
  let underWay = 0;
  let peak = 0;
  const server = createServer((request, response) => {
    peak = Math.max(peak, ++underWay);
    readBody(request)
      .then(take)
      .then(
        (status) => response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end(),
        () => response.destroy(),
      )
      .finally(() => underWay--);
  });
  // The Collector keeps idle connections for 90 s; what is closed under its hands it sends again.
  server.keepAliveTimeout = 95_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get peak() {
      return peak;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const body = Buffer.concat((await request.toArray()) as Buffer[]);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}
