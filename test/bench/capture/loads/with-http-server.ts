import { startHttpServer } from '../../../support/load.ts';
import { SERVER_ADDRESS, type NodeNetwork } from '../node-network.ts';
import { endProcess } from './end-process.ts';

export const HTTP_PORT = 8080;
/** As many as the server's one core and the client's can be kept busy with. */
export const HTTP_CONNECTIONS = 32;
const BODY_BYTES = 64;

/** Runs something against a small HTTP server in the server's pod. */
export async function withHttpServer<T>({ server }: NodeNetwork, work: () => Promise<T>): Promise<T> {
  const httpd = await startHttpServer(server, SERVER_ADDRESS, HTTP_PORT, BODY_BYTES);
  try {
    return await work();
  } finally {
    await endProcess(httpd);
  }
}
