import { SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import { SCOPE_NAME } from '../model/resource.ts';
import type { OtlpClient, SendOutcome } from './otlp-client.ts';

/**
 * Puts a span around each request, for podflow's own telemetry. While that is off the API's tracer does nothing.
 * `url` must hold no credentials.
 */
export class TracedClient<Payload> implements OtlpClient<Payload> {
  readonly #client: OtlpClient<Payload>;
  readonly #tracer = trace.getTracer(SCOPE_NAME);
  readonly #attributes: Readonly<Record<string, string>>;

  constructor(client: OtlpClient<Payload>, url: string) {
    const { origin, pathname, hostname } = new URL(url);
    this.#client = client;
    this.#attributes = { 'url.full': origin + pathname, 'server.address': hostname, 'http.request.method': 'POST' };
  }

  send(payload: Payload): Promise<SendOutcome> {
    const options = { kind: SpanKind.CLIENT, attributes: this.#attributes };
    return this.#tracer.startActiveSpan('otlp export', options, async (span) => {
      const outcome = await this.#client.send(payload);
      describe(span, outcome);
      span.end();
      return outcome;
    });
  }

  shutdown(): void {
    this.#client.shutdown();
  }
}

function describe(span: Span, outcome: SendOutcome): void {
  span.setAttribute('podflow.otlp.outcome', outcome.kind);
  if (outcome.kind === 'sent') {
    span.setAttribute('http.request.body.size', outcome.byteCount);
    if (outcome.rejectedRecords > 0) span.setAttribute('podflow.otlp.rejected_records', outcome.rejectedRecords);
    return;
  }
  const message = outcome.kind === 'retry' ? outcome.reason : outcome.message;
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
