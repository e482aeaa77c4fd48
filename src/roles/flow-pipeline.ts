import { randomBytes } from 'node:crypto';
import { FlowTable } from '../flow/flow-table.ts';
import type { CaptureBackend, CaptureSink } from '../model/capture.ts';
import type { DnsMessage } from '../model/dns-message.ts';
import type { FlowCounters } from '../model/flow-counters.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { PointResolver } from '../model/observation-point.ts';
import type { RecordStage } from '../model/stage.ts';

export interface FlowPipelineOptions {
  readonly intervalMs: number;
  readonly idleTimeoutMs: number;
  readonly activeTimeoutMs: number;
  readonly maxFlows: number;
  /** Names the observation points of flows until `namePointsBy` gives another. */
  readonly resolvePoint: PointResolver;
  readonly ownAddresses: readonly string[];
  /** May change records before the outputs get them. */
  readonly onRecords?: (records: readonly FlowRecord[]) => void;
  /** Takes DNS messages; absent where nobody wants them. */
  readonly onDnsMessage?: (message: DnsMessage) => void;
}

/** Joins a capture backend to the flow table, and that to the stages that take its records. */
export class FlowPipeline {
  readonly #table: FlowTable;
  readonly #outputs: readonly RecordStage[];
  readonly #onRecords: FlowPipelineOptions['onRecords'];
  readonly #onDnsMessage: FlowPipelineOptions['onDnsMessage'];
  #resolvePoint: PointResolver;

  constructor(options: FlowPipelineOptions, outputs: readonly RecordStage[]) {
    this.#outputs = outputs;
    this.#onRecords = options.onRecords;
    this.#onDnsMessage = options.onDnsMessage;
    this.#resolvePoint = options.resolvePoint;
    this.#table = new FlowTable({
      ...options,
      resolvePoint: (point) => this.#resolvePoint(point),
      flowIdPrefix: randomBytes(6).toString('hex'),
      emit: (records) => this.#emit(records),
    });
  }

  /** What a backend is given. */
  readonly sink: CaptureSink = {
    deltas: (batch) => this.#table.apply(batch),
    icmpError: (error) => this.#table.applyIcmpError(error),
    dnsMessage: (message) => this.#onDnsMessage?.(message),
    drained: (nowNs) => this.#table.drained(nowNs),
    intervalEnd: (startNs, endNs, isLast) => (isLast ? this.#table.stop(endNs) : this.#table.report(startNs, endNs)),
  };

  /** Lets the backend that fills the sink name its points, once there is one. */
  namePointsBy(backend: Pick<CaptureBackend, 'resolvePoint'>): void {
    this.#resolvePoint = (point) => backend.resolvePoint(point);
  }

  counters(): FlowCounters {
    return this.#table.counters();
  }

  #emit(records: readonly FlowRecord[]): void {
    this.#onRecords?.(records);
    for (const output of this.#outputs) output.accept(records);
  }
}
