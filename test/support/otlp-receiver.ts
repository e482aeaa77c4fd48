import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import {
  decodeProtobuf,
  encodeProtobuf,
  toPlainValue,
  type KeyValue,
  type LogRecord,
  type LogsRequest,
  type OtlpMessage,
} from './otlp-decoder.ts';
import { OWN_LOOPBACK } from './own-loopback.ts';

/** How the receiver answers a request. With `taken`, `partial` and `body` its records count as received. */
export type ReceiverAnswer =
  | { readonly kind: 'taken' }
  /** Takes all records but the last `rejected`. */
  | { readonly kind: 'partial'; readonly rejected: number; readonly message?: string }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string; readonly message?: string }
  /** 200 with any body. */
  | { readonly kind: 'body'; readonly body: Uint8Array | string; readonly contentType?: string }
  /** 200 whose body never ends. */
  | { readonly kind: 'endless' }
  /** Bytes that are no HTTP. */
  | { readonly kind: 'noise' }
  | { readonly kind: 'never' }
  | { readonly kind: 'reset' };

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** `performance.now()` when the body had come. */
  readonly atMs: number;
  /** Bytes of the body on the wire. */
  readonly byteCount: number;
  readonly answer: ReceiverAnswer;
  /** The request in the shape of OTLP/JSON. */
  readonly content: object;
  readonly recordCount: number;
}

export interface ReceivedRecord {
  readonly attributes: Readonly<Record<string, string | number | bigint | boolean | undefined>>;
  readonly resource: Readonly<Record<string, string | number | bigint | boolean | undefined>>;
  readonly scope: { readonly name?: string; readonly version?: string };
  readonly traceId: string | undefined;
  readonly eventName: string | undefined;
  readonly timeUnixNano: bigint;
  readonly observedTimeUnixNano: bigint;
  readonly severityNumber: number | undefined;
  readonly severityText: string | undefined;
}

const TAKEN: ReceiverAnswer = { kind: 'taken' };
const MESSAGES: Readonly<Record<string, OtlpMessage>> = {
  '/v1/logs': 'ExportLogsServiceRequest',
  '/v1/traces': 'ExportTraceServiceRequest',
  '/v1/metrics': 'ExportMetricsServiceRequest',
};

/** A real OTLP/HTTP server on loopback, protobuf and JSON, whose answers are scripted. */
export class OtlpReceiver {
  /** Every request whose body came whole, of all signals. */
  readonly requests: ReceivedRequest[] = [];
  /** Log records that were taken, in their order; a batch that came twice stands here twice. */
  readonly records: ReceivedRecord[] = [];
  #server: Server;
  readonly #port: number;
  #connections = 0;
  readonly #script: ReceiverAnswer[] = [];
  #otherwise: ReceiverAnswer = TAKEN;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
  }

  /** Listens on a free port of an address of its own, or on `port`. */
  static async start(port = 0): Promise<OtlpReceiver> {
    const server = createServer();
    server.listen(port, OWN_LOOPBACK);
    await once(server, 'listening');
    const receiver = new OtlpReceiver(server, (server.address() as AddressInfo).port);
    receiver.#serve(server);
    return receiver;
  }

  /** Base URL, as OTEL_EXPORTER_OTLP_ENDPOINT has it. */
  get url(): string {
    return `http://${OWN_LOOPBACK}:${this.#port}`;
  }

  /** Connections that were made so far. */
  get connections(): number {
    return this.#connections;
  }

  /** The next requests are answered so, one each; those after them by `answerAlways`, at first `taken`. */
  answerNext(...answers: readonly ReceiverAnswer[]): void {
    this.#script.push(...answers);
  }

  answerAlways(answer: ReceiverAnswer): void {
    this.#otherwise = answer;
  }

  /** Refuses connections and breaks those that stand, until `up`. */
  async down(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async up(): Promise<void> {
    this.#server = createServer();
    this.#serve(this.#server);
    this.#server.listen(this.#port, OWN_LOOPBACK);
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    await this.down();
  }

  #serve(server: Server): void {
    server.on('connection', () => this.#connections++);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      // A connection that breaks under way is what some tests are about.
      this.#handle(request, response).catch(() => response.destroy());
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const path = request.url ?? '';
    const isLogs = path.split('?')[0] === '/v1/logs';
    const content = decodeBody(path, request.headers, body);
    const records = isLogs ? toRecords(content) : [];
    const answer = isLogs ? (this.#script.shift() ?? this.#otherwise) : TAKEN;
    const { headers } = request;
    const entry = { path, headers, atMs: performance.now(), byteCount: body.length, answer, content };
    this.requests.push({ ...entry, recordCount: records.length });
    this.records.push(...records.slice(0, countTaken(answer, records.length)));
    giveAnswer(answer, response, headers['content-type'] ?? '');
  }
}

function countTaken(answer: ReceiverAnswer, records: number): number {
  if (answer.kind === 'partial') return records - answer.rejected;
  return answer.kind === 'taken' || answer.kind === 'body' || answer.kind === 'endless' ? records : 0;
}

function giveAnswer(answer: ReceiverAnswer, response: ServerResponse, contentType: string): void {
  const isJson = contentType.startsWith('application/json');
  const encode = (message: OtlpMessage, content: object): Uint8Array | string =>
    isJson ? JSON.stringify(content) : encodeProtobuf(message, content);
  const respond = (status: number, headers: Record<string, string>, body: Uint8Array | string): void => {
    response.writeHead(status, { 'content-type': contentType, ...headers }).end(body);
  };
  switch (answer.kind) {
    case 'taken':
      return respond(200, {}, encode('ExportLogsServiceResponse', {}));
    case 'partial': {
      const partialSuccess = { rejectedLogRecords: String(answer.rejected), errorMessage: answer.message ?? '' };
      return respond(200, {}, encode('ExportLogsServiceResponse', { partialSuccess }));
    }
    case 'status': {
      const headers = answer.retryAfter === undefined ? {} : { 'retry-after': answer.retryAfter };
      return respond(answer.status, { ...headers }, encode('Status', { message: answer.message ?? 'scripted' }));
    }
    case 'body':
      return respond(200, { 'content-type': answer.contentType ?? contentType }, answer.body);
    case 'endless':
      response.writeHead(200, { 'content-type': contentType }).write('.');
      return undefined;
    case 'noise':
      response.socket?.end('\u0000\u0001\u0002 this is no HTTP \r\n\r\n');
      return undefined;
    case 'reset':
      response.socket?.resetAndDestroy();
      return undefined;
    case 'never':
      return undefined;
  }
}

function decodeBody(path: string, headers: IncomingHttpHeaders, body: Buffer): object {
  const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  if (headers['content-type']?.startsWith('application/json')) return JSON.parse(plain.toString('utf8')) as object;
  const message = MESSAGES[path.split('?')[0] ?? ''];
  return message === undefined ? {} : decodeProtobuf(message, plain);
}

function toRecords(request: LogsRequest): ReceivedRecord[] {
  return (request.resourceLogs ?? []).flatMap(({ resource, scopeLogs = [] }) =>
    scopeLogs.flatMap(({ scope = {}, logRecords = [] }) =>
      logRecords.map((record) => toRecord(record, toPlainAttributes(resource?.attributes), scope)),
    ),
  );
}

function toRecord(
  record: LogRecord,
  resource: ReceivedRecord['resource'],
  scope: ReceivedRecord['scope'],
): ReceivedRecord {
  const { traceId, eventName, severityNumber, severityText } = record;
  return {
    attributes: toPlainAttributes(record.attributes),
    resource,
    scope,
    traceId,
    eventName,
    severityNumber,
    severityText,
    timeUnixNano: BigInt(record.timeUnixNano ?? 0),
    observedTimeUnixNano: BigInt(record.observedTimeUnixNano ?? 0),
  };
}

function toPlainAttributes(attributes: readonly KeyValue[] = []): ReceivedRecord['attributes'] {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, toPlainValue(value)]));
}
