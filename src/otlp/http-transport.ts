import type * as http from 'node:http';
import type * as https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { OTLPExporterError, type ExportResponse, type IExporterTransport } from '@opentelemetry/otlp-exporter-base';
import { readAnswer, type Answer } from './http-answer.ts';
import { MAX_MESSAGE_BYTES, parseJsonStatusMessage, parseStatusMessage, toLine } from './response-parser.ts';
import { parseRetryAfter } from '../lib/retry-after.ts';

/** Statuses after which the same request may be sent again (OTLP 1.x, "Retryable Response Codes"). */
export const RETRYABLE_STATUSES = new Set([429, 502, 503, 504]);

/** The part of `@opentelemetry/otlp-exporter-base`'s HTTP configuration that a transport needs. */
export interface HttpTransportOptions {
  readonly url: string;
  readonly headers: () => Promise<Record<string, string>>;
  readonly agentFactory: (protocol: string) => http.Agent | https.Agent | Promise<http.Agent> | Promise<https.Agent>;
}

interface Wire {
  readonly request: typeof http.request;
  readonly target: http.RequestOptions;
}

/**
 * Posts bytes over node:http or node:https with kept connections. Unlike the transport of the OpenTelemetry package it
 * bounds the whole exchange by the timeout, tells the response's body and Retry-After, and takes every trouble on the
 * network for temporary; it never tries again by itself.
 *
 * `success` without `data`: taken, but the answer's body was cut off or too long to read.
 */
export class OtlpHttpTransport implements IExporterTransport {
  readonly #options: HttpTransportOptions;
  readonly #running = new Set<http.ClientRequest>();
  #wire: Promise<Wire> | undefined;
  #agent: http.Agent | undefined;
  #closed = false;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async send(data: Uint8Array, timeoutMillis: number): Promise<ExportResponse> {
    try {
      const wire = await (this.#wire ??= this.#openWire());
      const headers = { ...(await this.#options.headers()), 'Content-Length': String(data.length) };
      if (this.#closed) return { status: 'retryable', error: new OTLPExporterError('the exporter was shut down') };
      return await this.#post(wire, headers, data, timeoutMillis);
    } catch (error) {
      return { status: 'failure', error: error instanceof Error ? error : new OTLPExporterError(String(error)) };
    }
  }

  shutdown(): void {
    this.#closed = true;
    for (const request of this.#running) request.destroy(new OTLPExporterError('the exporter was shut down'));
    this.#agent?.destroy();
  }

  async #openWire(): Promise<Wire> {
    const url = new URL(this.#options.url);
    const { protocol } = url;
    // TLS costs memory that a probe with a plain endpoint need not have.
    const { request } = protocol === 'https:' ? await import('node:https') : await import('node:http');
    this.#agent = await this.#options.agentFactory(protocol);
    return { request, target: { ...urlToHttpOptions(url), method: 'POST', agent: this.#agent } };
  }

  #post(wire: Wire, headers: Record<string, string>, body: Uint8Array, timeoutMs: number): Promise<ExportResponse> {
    return new Promise((resolve) => {
      let answered = false;
      const request = wire.request({ ...wire.target, headers }, (response) => {
        answered = true;
        readAnswer(response, (answer) => settle(toExportResponse(answer)));
      });
      const timer = setTimeout(() => request.destroy(new OTLPExporterError(`no answer in ${timeoutMs} ms`)), timeoutMs);
      const settle = (response: ExportResponse): void => {
        clearTimeout(timer);
        this.#running.delete(request);
        resolve(response);
      };
      this.#running.add(request);
      // Once there is a status it decides, however the connection ends.
      request.on('error', (error) => {
        if (!answered) settle({ status: 'retryable', error });
      });
      request.end(body);
    });
  }
}

function toExportResponse({ status, retryAfter, body }: Answer): ExportResponse {
  if (status >= 200 && status <= 299) return { status: 'success', ...(body === undefined ? {} : { data: body }) };
  const message = toMessage(status, body);
  if (!RETRYABLE_STATUSES.has(status)) return { status: 'failure', error: new OTLPExporterError(message, status) };
  const retryInMillis = parseRetryAfter(retryAfter, Date.now());
  const error = new OTLPExporterError(message, status);
  return { status: 'retryable', error, ...(retryInMillis === undefined ? {} : { retryInMillis }) };
}

/** What the receiver said: the message of a google.rpc.Status, else the text of the body. */
function toMessage(status: number, body: Buffer = Buffer.alloc(0)): string {
  const message = parseStatusMessage(body) ?? parseJsonStatusMessage(body);
  const text = message ?? toLine(body.toString('utf8', 0, MAX_MESSAGE_BYTES));
  return text === '' ? `HTTP ${status}` : text;
}
