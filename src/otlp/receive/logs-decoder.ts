import type { IgnoredAttribute } from '../../model/otlp-receive-counters.ts';
import { DEFAULT_LIMITS, type DecodeLimits } from './decode-limits.ts';
import { JsonDecoding } from './json-decoding.ts';
import { JsonRecordScanner } from './json-record-scanner.ts';
import { rewriteJson } from './json-rewriting.ts';
import { LogsContent, type DecodeContext } from './logs-content.ts';
import { LogsRequest, type OtlpEncoding } from './logs-request.ts';
import type { MemoryLease } from './memory-budget.ts';
import { ProtobufDecoding } from './protobuf-decoding.ts';
import { ProtobufRecordScanner } from './protobuf-record-scanner.ts';
import { ProtobufRewriting } from './protobuf-rewriting.ts';
import { RecordChanges } from './record-changes.ts';
import { RecordParts } from './record-parts.ts';
import { RecordPool } from './record-pool.ts';
import { ResourceCache } from './resource-cache.ts';
import { runInSlices } from './run-in-slices.ts';

/** Parts of a record beside its attributes that have to be found again. */
const OTHER_PARTS = 64;
/** Free records that are kept: some 5 MiB. */
const POOL_RECORDS = 8192;

export type DecodeOutcome =
  | { readonly kind: 'request'; readonly request: LogsRequest }
  /** The bytes are no request, or one beyond the limits. */
  | { readonly kind: 'invalid'; readonly message: string }
  /** The lease gave no memory. */
  | { readonly kind: 'starved' };

export interface DecodeOptions {
  /** Charged for the decoded records; without one they are bounded by the limits alone. */
  readonly lease?: MemoryLease;
  readonly signal?: AbortSignal;
}

/**
 * Decodes `ExportLogsServiceRequest`s (opentelemetry-proto 1.x) in both encodings to flow records. Several may be
 * decoded at once: large ones are worked on in slices, between which the event loop turns. Never rejects.
 */
export class LogsDecoder {
  /** Known attributes that were left aside, by reason. */
  readonly ignored: Record<IgnoredAttribute, number> = { wrong_type: 0, unknown_word: 0, out_of_range: 0, too_long: 0 };
  readonly #context: DecodeContext;
  readonly #protobuf: ProtobufRecordScanner;
  readonly #json: JsonRecordScanner;
  readonly #parts: RecordParts;
  readonly #changes = new RecordChanges();

  constructor(limits: Partial<DecodeLimits> = {}) {
    const all = { ...DEFAULT_LIMITS, ...limits };
    const { ignored } = this;
    this.#context = { limits: all, pool: new RecordPool(POOL_RECORDS), resources: new ResourceCache(), ignored };
    this.#protobuf = new ProtobufRecordScanner(all.recordAttributes);
    this.#json = new JsonRecordScanner(all.recordAttributes);
    this.#parts = new RecordParts(all.recordAttributes + OTHER_PARTS);
  }

  /** Decodes a whole body, which must stay as it is until the request is released. */
  async decode(encoding: OtlpEncoding, body: Buffer, options: DecodeOptions = {}): Promise<DecodeOutcome> {
    const content = new LogsContent(this.#context, options.lease);
    const problem = await runInSlices(this.#decodeSteps(encoding, body, content));
    if (problem === undefined) {
      const rewriteSteps = (): Generator<void, Uint8Array> => this.#rewriteSteps(encoding, body, content);
      return { kind: 'request', request: new LogsRequest(encoding, content, rewriteSteps, options.signal) };
    }
    this.#context.pool.give(content.flows);
    return content.isStarved ? { kind: 'starved' } : { kind: 'invalid', message: problem };
  }

  /** Takes a request's records back. It must not be used any more. */
  release(request: LogsRequest): void {
    this.#context.pool.give(request.flows);
  }

  #decodeSteps(encoding: OtlpEncoding, body: Buffer, content: LogsContent): Generator<void, string | undefined> {
    return encoding === 'protobuf'
      ? new ProtobufDecoding(body, content, this.#context, this.#protobuf, this.#parts).steps()
      : new JsonDecoding(body, content, this.#context, this.#json, this.#parts).steps();
  }

  #rewriteSteps(encoding: OtlpEncoding, body: Buffer, content: LogsContent): Generator<void, Uint8Array> {
    return encoding === 'protobuf'
      ? new ProtobufRewriting(body, content.flows, this.#protobuf, this.#parts, this.#changes).steps()
      : rewriteJson(body, content, this.#json, this.#parts, this.#changes);
  }
}
