import { OTLPExporterError, type ExportResponse, type IExporterTransport } from '@opentelemetry/otlp-exporter-base';
import type { OtlpClient, SendOutcome } from './otlp-client.ts';
import { toLine, type LogsResponse } from './response-parser.ts';

/** Reads the body of a 2xx answer; undefined when it is no `ExportLogsServiceResponse`. */
type ParseResponse = (body: Uint8Array) => LogsResponse | undefined;

/** Sends finished `ExportLogsServiceRequest` bytes (compressed or not) through an OTLP transport. */
export class BytesClient implements OtlpClient<Uint8Array> {
  readonly #transport: IExporterTransport;
  readonly #timeoutMs: number;
  readonly #parseResponse: ParseResponse;

  /** `parseResponse` is for the encoding that the transport announces. */
  constructor(transport: IExporterTransport, timeoutMs: number, parseResponse: ParseResponse) {
    this.#transport = transport;
    this.#timeoutMs = timeoutMs;
    this.#parseResponse = parseResponse;
  }

  async send(payload: Uint8Array): Promise<SendOutcome> {
    const response = await this.#transport.send(payload, this.#timeoutMs);
    return toSendOutcome(response, payload.length, this.#parseResponse);
  }

  shutdown(): void {
    this.#transport.shutdown();
  }
}

/** Reads a transport's response to a request of `byteCount` bytes. */
function toSendOutcome(response: ExportResponse, byteCount: number, parseResponse: ParseResponse): SendOutcome {
  if (response.status === 'success') {
    const content = response.data === undefined ? undefined : parseResponse(response.data);
    const { rejectedRecords, message } = content ?? { rejectedRecords: 0, message: '' };
    return { kind: 'sent', rejectedRecords, message, readable: content !== undefined, byteCount };
  }
  const { error } = response;
  const status = error instanceof OTLPExporterError ? error.code : undefined;
  if (response.status === 'retryable')
    return { kind: 'retry', status, retryAfterMs: response.retryInMillis, reason: toReason(error) };
  return { kind: 'rejected', status, message: toReason(error) };
}

/** Why a request failed, in one short line: a network error's code says more than its message. */
export function toReason(error: Error | undefined): string {
  if (error === undefined) return 'no reason given';
  if (error instanceof OTLPExporterError && error.code !== undefined)
    return toLine(`HTTP ${error.code}: ${error.message}`);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return toLine(error.message.includes(code) ? error.message : `${code}: ${error.message}`) || code;
}
