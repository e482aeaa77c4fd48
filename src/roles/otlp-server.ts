import type { NodeSettings } from '../config/settings.ts';
import type { Log } from '../model/log.ts';
import { OtlpReceiver, type OtlpReceiverOptions } from '../otlp/receive/otlp-receiver.ts';
import { HttpServer } from '../web/http-server.ts';

/** What a role that receives records is told about it. */
export type ReceivingSettings = Pick<NodeSettings, 'listenHost' | 'listenPort' | 'maxRequestBytes' | 'maxPendingBytes'>;

/** A node has 110 pods by default and 500 at most in practice; a probe keeps one connection. */
const CONNECTION_LIMIT = 1_024;
/** Longer than the 30 s that the receiver gives a body, so that a slow sender gets its answer. */
const REQUEST_TIMEOUT_MS = 60_000;

/** The OTLP receiver of a role with the HTTP server that it listens on. */
export interface OtlpServer {
  readonly receiver: OtlpReceiver;
  readonly server: HttpServer;
}

export function createOtlpServer(
  settings: ReceivingSettings,
  handle: OtlpReceiverOptions['handle'],
  log: Log,
): OtlpServer {
  const { listenHost: host, listenPort, maxRequestBytes: bodyBytes, maxPendingBytes: memoryBytes } = settings;
  const receiver = new OtlpReceiver({ handle, log, bodyBytes, memoryBytes });
  const server = new HttpServer({
    host,
    port: listenPort === 'off' ? 0 : listenPort,
    flag: '--listen-port',
    handler: receiver.handler,
    connectionLimit: CONNECTION_LIMIT,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    log,
  });
  return { receiver, server };
}
