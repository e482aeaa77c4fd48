import type { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { ExchangeTap, type Exchange } from './exchange-tap.ts';
import { RETRYABLE_STATUSES } from './http-transport.ts';
import type { OtlpClient, SendOutcome } from './otlp-client.ts';
import { toReason } from './bytes-client.ts';
import { parseJsonLogsResponse, toLine } from './response-parser.ts';
import { parseRetryAfter } from '../lib/retry-after.ts';

/**
 * Sends log records through the stock OTLP/HTTP exporter, which writes JSON. The exporter tries a few times by itself
 * within its timeout, and tells neither a partial success nor Retry-After: these are seen on the wire.
 */
export class JsonClient implements OtlpClient<ReadableLogRecord[]> {
  readonly #exporter: OTLPLogExporter;
  readonly #tap = new ExchangeTap();

  constructor(exporter: OTLPLogExporter) {
    this.#exporter = exporter;
  }

  send(records: ReadableLogRecord[]): Promise<SendOutcome> {
    return new Promise((resolve) => {
      const exchange = this.#tap.watch(() => {
        try {
          this.#exporter.export(records, ({ error }) => resolve(toSendOutcome(exchange, error)));
        } catch (error) {
          // Records that it cannot write it will not be able to write later.
          resolve({ kind: 'rejected', status: undefined, message: toLine(String(error)) });
        }
      });
    });
  }

  /** The exporter cannot be told to drop a running request: it ends within its timeout. */
  shutdown(): void {
    this.#tap.close();
    void this.#exporter.shutdown();
  }
}

/** The status decides where there is one; without, the request did not get through. */
function toSendOutcome({ status, answer, requestBytes }: Exchange, error: Error | undefined): SendOutcome {
  if (status !== undefined && status >= 200 && status <= 299) {
    const content = answer?.body === undefined ? undefined : parseJsonLogsResponse(answer.body);
    const { rejectedRecords, message } = content ?? { rejectedRecords: 0, message: '' };
    return { kind: 'sent', rejectedRecords, message, readable: content !== undefined, byteCount: requestBytes };
  }
  if (status === undefined || RETRYABLE_STATUSES.has(status))
    return {
      kind: 'retry',
      status,
      retryAfterMs: parseRetryAfter(answer?.retryAfter, Date.now()),
      reason: toReason(error),
    };
  return { kind: 'rejected', status, message: toReason(error) };
}
