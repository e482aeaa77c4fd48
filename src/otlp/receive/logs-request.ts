import type { FlowRecord } from '../../model/flow-record.ts';
import type { Resource } from '../../model/resource.ts';
import type { LogsContent } from './logs-content.ts';
import { runInSlices } from './run-in-slices.ts';

export type OtlpEncoding = 'protobuf' | 'json';

/**
 * A decoded request. Its flows may be changed in place until it is released, which whoever decoded it does; they are
 * then used for other requests.
 */
export class LogsRequest {
  readonly encoding: OtlpEncoding;
  /** The flow records, in the order of the request. */
  readonly flows: readonly FlowRecord[];
  /** Who observed each flow, by its index; a sender's resource is the same object in each of its requests. */
  readonly resources: readonly Resource[];
  /** Log records: the flows, and others, which `rewrite` passes on untouched. */
  readonly recordCount: number;
  /** Packets that the flows reported when they came. */
  readonly frameCount: number;
  /** Aborted when the sender has gone: nobody waits for the answer, and it will send the records again. */
  readonly signal: AbortSignal | undefined;
  readonly #rewriteSteps: () => Generator<void, Uint8Array>;

  constructor(
    encoding: OtlpEncoding,
    content: LogsContent,
    rewriteSteps: () => Generator<void, Uint8Array>,
    signal: AbortSignal | undefined,
  ) {
    this.encoding = encoding;
    this.flows = content.flows;
    this.resources = content.resources;
    this.recordCount = content.flows.length + content.otherRecords;
    this.frameCount = content.frames;
    this.signal = signal;
    this.#rewriteSteps = rewriteSteps;
  }

  /**
   * The request in its encoding with what the flows say now. What did not change is byte for byte what came: other log
   * records, unknown attributes and fields, bodies, scopes, resources. A changed record gets the trace id of its
   * connection (`traceCommunityId`), and the severity of its verdict where that changed.
   */
  rewrite(): Promise<Uint8Array> {
    return runInSlices(this.#rewriteSteps());
  }
}
