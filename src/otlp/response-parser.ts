import { isInt64 } from '../lib/int64.ts';
import { ProtobufReader } from './protobuf-reader.ts';

/** How much of what a receiver says is kept. */
const MAX_MESSAGE_LENGTH = 200;
/** Bytes in which that much text fits: UTF-8 takes up to 4 a code point. */
export const MAX_MESSAGE_BYTES = 4 * MAX_MESSAGE_LENGTH;

/** Field numbers of `ExportLogsServiceResponse`, `ExportLogsPartialSuccess` and `google.rpc.Status`. */
const PARTIAL_SUCCESS = 1;
const REJECTED_LOG_RECORDS = 1;
const ERROR_MESSAGE = 2;
const STATUS_MESSAGE = 2;

/** The content of an `ExportLogsServiceResponse`. */
export interface LogsResponse {
  /** 0 when all were taken; never negative. */
  readonly rejectedRecords: number;
  /** Why, or a warning when none was rejected; one line, cut to `MAX_MESSAGE_LENGTH`. */
  readonly message: string;
}

/** Parses the body of a 2xx answer, protobuf; undefined when it is no `ExportLogsServiceResponse`. */
export function parseLogsResponse(body: Uint8Array): LogsResponse | undefined {
  const reader = new ProtobufReader(body);
  let rejectedRecords = 0;
  let message = '';
  while (reader.next()) {
    if (reader.field !== PARTIAL_SUCCESS) {
      reader.skip();
      continue;
    }
    const partial = reader.readMessage();
    while (partial.next()) {
      if (partial.field === REJECTED_LOG_RECORDS) rejectedRecords = Math.max(0, partial.readInt64());
      else if (partial.field === ERROR_MESSAGE) message = partial.readString(MAX_MESSAGE_BYTES);
      else partial.skip();
    }
    if (partial.failed) return undefined;
  }
  return reader.failed ? undefined : { rejectedRecords, message: toLine(message) };
}

/** Parses the body of a 2xx answer, JSON; undefined when it is no `ExportLogsServiceResponse`. An empty body is one. */
export function parseJsonLogsResponse(body: Uint8Array): LogsResponse | undefined {
  if (body.length === 0) return { rejectedRecords: 0, message: '' };
  const response = parseJsonObject(Buffer.from(body).toString('utf8'));
  if (response === undefined) return undefined;
  const partial = isObject(response['partialSuccess']) ? response['partialSuccess'] : {};
  const { rejectedLogRecords: rejected, errorMessage: message } = partial;
  // proto3 JSON writes an int64 as a string and takes a number too.
  const count = typeof rejected === 'string' || typeof rejected === 'number' ? Number(rejected) : 0;
  return {
    rejectedRecords: isInt64(count) ? Math.max(0, Math.trunc(count)) : 0,
    message: typeof message === 'string' ? toLine(message) : '',
  };
}

/** Parses the message of a protobuf `google.rpc.Status`, the body of a 4xx or 5xx answer; undefined when it is none. */
export function parseStatusMessage(body: Uint8Array): string | undefined {
  const reader = new ProtobufReader(body);
  let message: string | undefined;
  while (reader.next()) {
    if (reader.field === STATUS_MESSAGE) message = reader.readString(MAX_MESSAGE_BYTES);
    else reader.skip();
  }
  return reader.failed || message === undefined ? undefined : toLine(message);
}

/** The same in JSON. */
export function parseJsonStatusMessage(body: Uint8Array): string | undefined {
  const message = parseJsonObject(Buffer.from(body).toString('utf8'))?.['message'];
  return typeof message === 'string' ? toLine(message) : undefined;
}

/** One line of at most `MAX_MESSAGE_LENGTH` characters: a foreign text can neither forge log lines nor fill the log. */
export function toLine(text: string): string {
  return text
    .slice(0, MAX_MESSAGE_LENGTH)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}

function parseJsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
