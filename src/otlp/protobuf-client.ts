import { OTLPExporterError, type ExportResponse, type IExporterTransport } from '@opentelemetry/otlp-exporter-base';
import type { OtlpClient, SendOutcome } from './otlp-client.ts';
import { parseLogsResponse, toLine } from './response-parser.ts';

/** Sends finished `ExportLogsServiceRequest` bytes (compressed or not) through an OTLP transport. */
export class ProtobufClient implements OtlpClient<Uint8Array> {
  readonly #transport: IExporterTransport;
  readonly #timeoutMs: number;

  constructor(transport: IExporterTransport, timeoutMs: number) {
    this.#transport = transport;
    this.#timeoutMs = timeoutMs;
  }

  async send(payload: Uint8Array): Promise<SendOutcome> {
    const response = await this.#transport.send(payload, this.#timeoutMs);
    return toSendOutcome(response, payload.length);
  }

  shutdown(): void {
    this.#transport.shutdown();
  }
}

/** Reads a transport's response to a protobuf request of `byteCount` bytes. */
export function toSendOutcome(response: ExportResponse, byteCount: number): SendOutcome {
  if (response.status === 'success') {
    const content = response.data === undefined ? undefined : parseLogsResponse(response.data);
    const { rejectedRecords, message } = content ?? { rejectedRecords: 0, message: '' };
    return { kind: 'sent', rejectedRecords, message, readable: content !== undefined, byteCount };
  }
  if (response.status === 'retryable')
    return { kind: 'retry', retryAfterMs: response.retryInMillis, reason: toReason(response.error) };
  const status = response.error instanceof OTLPExporterError ? response.error.code : undefined;
  return { kind: 'rejected', status, message: toReason(response.error) };
}

/** Why a request failed, in one short line: a network error's code says more than its message. */
export function toReason(error: Error | undefined): string {
  if (error === undefined) return 'no reason given';
  if (error instanceof OTLPExporterError && error.code !== undefined)
    return toLine(`HTTP ${error.code}: ${error.message}`);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return toLine(error.message.includes(code) ? error.message : `${code}: ${error.message}`) || code;
}
