import type { IncomingMessage } from 'node:http';
import { CONTENT_TYPE, toTextReply, type Reply } from './http-reply.ts';
import { parseContentCoding, type ContentCoding } from './inflate-body.ts';
import type { OtlpEncoding } from './logs-request.ts';

/** What the head of a request says of its body, or why it is not read. */
export type RequestHead =
  | { readonly kind: 'accepted'; readonly encoding: OtlpEncoding; readonly coding: ContentCoding | 'identity' }
  | { readonly kind: 'refused'; readonly reply: Reply };

const PATH = '/v1/logs';
const CODINGS = 'gzip, deflate, zstd';

/** Parses what OTLP/HTTP 1.x prescribes of path, method, Content-Type and Content-Encoding. */
export function parseRequestHead({ method, url = '', headers }: IncomingMessage): RequestHead {
  if (url.split('?', 1)[0] !== PATH) return refuse(404, `there is only ${PATH} here`);
  if (method !== 'POST') return refuse(405, 'only POST is taken here', { Allow: 'POST' });
  const encoding = parseEncoding(headers['content-type']);
  const types = Object.values(CONTENT_TYPE).join(' or ');
  if (encoding === undefined) return refuse(415, `Content-Type must be ${types}`);
  const coding = parseContentCoding(headers['content-encoding']);
  // RFC 9110 §15.5.16: Accept-Encoding tells that the coding is what was wrong.
  if (coding === undefined) return refuse(415, `Content-Encoding must be ${CODINGS}`, { 'Accept-Encoding': CODINGS });
  return { kind: 'accepted', encoding, coding };
}

function parseEncoding(contentType = ''): OtlpEncoding | undefined {
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType === CONTENT_TYPE.protobuf) return 'protobuf';
  return mediaType === CONTENT_TYPE.json ? 'json' : undefined;
}

function refuse(status: number, message: string, headers: Readonly<Record<string, string>> = {}): RequestHead {
  return { kind: 'refused', reply: toTextReply(status, message, headers) };
}
