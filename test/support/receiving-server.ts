import { createDeadline } from '../../src/lib/deadline.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { OtlpReceiver, type OtlpReceiverOptions } from '../../src/otlp/receive/otlp-receiver.ts';
import { HttpServer } from '../../src/web/http-server.ts';

/** The receiver under test behind a real HTTP server on loopback. */
export interface ReceivingServer {
  readonly receiver: OtlpReceiver;
  readonly port: number;
  /** Base URL, as OTEL_EXPORTER_OTLP_ENDPOINT has it. */
  readonly url: string;
  stop(): Promise<void>;
}

export async function startReceiving(
  options: Partial<OtlpReceiverOptions> & Pick<OtlpReceiverOptions, 'handle'>,
): Promise<ReceivingServer> {
  const receiver = new OtlpReceiver({ log: SILENT_LOG, ...options });
  const { handler } = receiver;
  const server = new HttpServer({ host: '127.0.0.1', port: 0, flag: '--port', handler, log: SILENT_LOG });
  const { port, url } = await server.start();
  return { receiver, port, url, stop: () => server.stop(createDeadline(0)) };
}
