import { encodeField } from '../../lib/request-head.ts';
import { ProtobufWriter } from '../../lib/protobuf-writer.ts';
import type { OtlpEncoding } from './logs-request.ts';
import type { RelayAnswer } from './relay-answer.ts';

/** A whole answer to an OTLP/HTTP request. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export const CONTENT_TYPE: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};
/** How long a sender is asked to wait where nobody named a time: the next receiver needs longer than this one. */
const DEFAULT_RETRY_AFTER_MS = 5_000;

/** Codes of google.rpc.Code that stand for the statuses used here. */
const RPC_CODE: Readonly<Record<number, number>> = { 400: 3, 408: 4, 413: 8, 429: 8, 500: 13, 503: 14 };
const UNKNOWN_CODE = 2;

/** Tags of ExportLogsServiceResponse, ExportLogsPartialSuccess and google.rpc.Status. */
const TAG = {
  partialSuccess: 0x0a,
  rejectedLogRecords: 0x08,
  errorMessage: 0x12,
  statusCode: 0x08,
  statusMessage: 0x12,
};

/** The answer of OTLP/HTTP 1.x ("OTLP/HTTP Response") to a request that was handed on, in its own encoding. */
export function toReply(answer: RelayAnswer, encoding: OtlpEncoding): Reply {
  if (answer.kind === 'refused') return toErrorReply(answer.status, answer.message, encoding);
  if (answer.kind === 'later')
    return toErrorReply(answer.status, answer.message, encoding, answer.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS);
  const { rejectedRecords, message } = answer;
  const isWhole = rejectedRecords === 0 && message === '';
  const body = encoding === 'json' ? toJsonResponse(answer, isWhole) : toProtobufResponse(answer, isWhole);
  return { status: 200, headers: { 'Content-Type': CONTENT_TYPE[encoding] }, body };
}

/** An error as google.rpc.Status in the request's encoding. */
export function toErrorReply(status: number, message: string, encoding: OtlpEncoding, retryAfterMs?: number): Reply {
  const code = RPC_CODE[status] ?? UNKNOWN_CODE;
  const body = encoding === 'json' ? JSON.stringify({ code, message }) : encodeStatus(code, message);
  const retry =
    retryAfterMs === undefined ? {} : { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
  return { status, headers: { 'Content-Type': CONTENT_TYPE[encoding], ...retry }, body };
}

/** An error where the request has no encoding that is known here. */
export function toTextReply(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers }, body: `${message}\n` };
}

type Taken = Extract<RelayAnswer, { kind: 'taken' }>;

function toJsonResponse({ rejectedRecords, message }: Taken, isWhole: boolean): string {
  const partialSuccess = { rejectedLogRecords: String(rejectedRecords), errorMessage: message };
  return JSON.stringify(isWhole ? {} : { partialSuccess });
}

function toProtobufResponse({ rejectedRecords, message }: Taken, isWhole: boolean): Uint8Array {
  if (isWhole) return new Uint8Array();
  const text = encodeField(TAG.errorMessage, Buffer.from(message));
  return encodeField(TAG.partialSuccess, encodeNumberAndText(TAG.rejectedLogRecords, rejectedRecords, text));
}

function encodeStatus(code: number, message: string): Uint8Array {
  return encodeNumberAndText(TAG.statusCode, code, encodeField(TAG.statusMessage, Buffer.from(message)));
}

function encodeNumberAndText(tag: number, number: number, textField: Uint8Array): Uint8Array {
  const writer = new ProtobufWriter(16 + textField.length);
  if (number !== 0) {
    writer.writeByte(tag);
    writer.writeVarint(number);
  }
  writer.writeBytes(textField);
  return writer.bytes.subarray(0, writer.position);
}
