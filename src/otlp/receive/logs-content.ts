import { toFrameCount } from '../../lib/frame-count.ts';
import type { FlowRecord } from '../../model/flow-record.ts';
import type { Resource } from '../../model/resource.ts';
import type { DecodeLimits } from './decode-limits.ts';
import { FIELDS_PER_RECORD } from './decode-limits.ts';
import { fillFlowRecord, type IgnoredCounts } from './fill-flow-record.ts';
import type { MemoryLease } from './memory-budget.ts';
import type { RecordParts } from './record-parts.ts';
import { RECORD_BYTES, type RecordPool } from './record-pool.ts';
import type { ResourceCache } from './resource-cache.ts';

/** What all decodings share. */
export interface DecodeContext {
  readonly limits: DecodeLimits;
  readonly pool: RecordPool;
  readonly resources: ResourceCache;
  readonly ignored: IgnoredCounts;
}

/** A step of a decoding ends after so many records or bytes, whichever comes first. */
const STEP_RECORDS = 32;
const STEP_BYTES = 32 * 1024;

/** What a request holds as far as it is decoded; keeps the limits of its size. */
export class LogsContent {
  readonly flows: FlowRecord[] = [];
  /** Who observed each flow, by its index. */
  readonly resources: Resource[] = [];
  /** Log records that are no flows. */
  otherRecords = 0;
  /** Where each flow begins and ends in the bytes, told for JSON. */
  readonly spans: number[] = [];
  /** Packets that the flows report. */
  frames = 0;
  /** There was no memory for further records. */
  isStarved = false;
  readonly #context: DecodeContext;
  readonly #lease: MemoryLease | undefined;
  #fields = 0;
  #stepRecords = 0;
  #stepStart = 0;

  constructor(context: DecodeContext, lease: MemoryLease | undefined) {
    this.#context = context;
    this.#lease = lease;
  }

  /** Takes the scanned record; gives what forbids it, else undefined. */
  add(parts: RecordParts): string | undefined {
    const { limits, pool, ignored } = this.#context;
    this.#stepRecords++;
    if (this.flows.length + this.otherRecords >= limits.requestRecords)
      return `the request has over ${limits.requestRecords} log records`;
    if (!parts.isFlow) {
      this.otherRecords++;
      return undefined;
    }
    if (this.#lease?.grow(RECORD_BYTES) === false) {
      this.isStarved = true;
      return 'there is no memory for more records now';
    }
    const record = pool.take();
    this.flows.push(record);
    fillFlowRecord(record, parts, ignored);
    this.frames += toFrameCount(record);
    return undefined;
  }

  /** The flows that have no resource yet were observed by this one. */
  endResource(resource: Resource): void {
    while (this.resources.length < this.flows.length) this.resources.push(resource);
  }

  /** Counts a field or member that stands above the log records; gives what forbids it, else undefined. */
  countField(): string | undefined {
    return ++this.#fields > this.#context.limits.requestRecords * FIELDS_PER_RECORD
      ? 'the request has too many resources, scopes or unknown fields'
      : undefined;
  }

  /** Whether enough was done since the last step; begins the next one. */
  endsStep(position: number): boolean {
    if (this.#stepRecords < STEP_RECORDS && position - this.#stepStart < STEP_BYTES) return false;
    this.#stepRecords = 0;
    this.#stepStart = position;
    return true;
  }
}
