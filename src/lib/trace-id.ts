import type { FlowRecord } from '../model/flow-record.ts';

/** Bytes of an OpenTelemetry trace id. */
export const TRACE_ID_BYTES = 16;

/** `1:` and the 28 base64 characters of a SHA-1. */
const COMMUNITY_ID_LENGTH = 30;
const PREFIX_LENGTH = 2;
const INVALID = 0xff;

const SEXTETS = createSextets();
const scratch = Buffer.alloc(TRACE_ID_BYTES);

/**
 * Writes the trace id of a connection into `target` at `offset`: the first 16 bytes of the SHA-1 in its Community ID v1,
 * so that both perspectives of a connection, and all its reports, share one trace id.
 * False, with the 16 bytes undefined, when the text is not a Community ID.
 */
export function decodeTraceId(communityId: string, target: Uint8Array, offset: number): boolean {
  if (communityId.length !== COMMUNITY_ID_LENGTH || !communityId.startsWith('1:')) return false;
  let seen = 0;
  let from = PREFIX_LENGTH;
  let to = offset;
  for (const end = offset + 15; to < end; to += 3, from += 4) {
    const a = sextet(communityId, from);
    const b = sextet(communityId, from + 1);
    const c = sextet(communityId, from + 2);
    const d = sextet(communityId, from + 3);
    seen |= a | b | c | d;
    target[to] = (a << 2) | (b >> 4);
    target[to + 1] = (b << 4) | (c >> 2);
    target[to + 2] = (c << 6) | d;
  }
  const a = sextet(communityId, from);
  const b = sextet(communityId, from + 1);
  target[to] = (a << 2) | (b >> 4);
  return (seen | a | b) < 64;
}

/** The Community ID that gives a record its trace id: of the delivered tuple where it is known, else as dialled. */
export function traceCommunityId(record: Pick<FlowRecord, 'communityId' | 'natCommunityId'>): string {
  return record.natCommunityId ?? record.communityId;
}

/** The same as 32 hex digits, as OTLP/JSON and the OpenTelemetry API have it; undefined when it is not a Community ID. */
export function toTraceIdHex(communityId: string): string | undefined {
  return decodeTraceId(communityId, scratch, 0) ? scratch.toString('hex') : undefined;
}

function sextet(text: string, index: number): number {
  return SEXTETS[text.charCodeAt(index)] ?? INVALID;
}

function createSextets(): Uint8Array {
  const sextets = new Uint8Array(128).fill(INVALID);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  for (let value = 0; value < alphabet.length; value++) sextets[alphabet.charCodeAt(value)] = value;
  return sextets;
}
