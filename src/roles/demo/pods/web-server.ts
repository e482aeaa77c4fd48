import { createServer } from 'node:http';

/** The demo's web server: every path answers with as many bytes as its `bytes` query asks for, at most 1 MiB. */
export function runWebServer(port: number, onReady: () => void): void {
  const server = createServer((request, response) => {
    const wanted = Number(new URL(request.url ?? '/', 'http://pod').searchParams.get('bytes') ?? 512);
    response.end(Buffer.alloc(Math.min(Math.max(wanted || 0, 0), 2 ** 20), 'x'));
  });
  server.listen(port, '0.0.0.0', onReady);
}
