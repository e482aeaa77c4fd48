import { randomBytes } from 'node:crypto';
import { FlowTable } from '../flow/flow-table.ts';
import type { CaptureSink } from '../model/capture.ts';
import type { DnsMessage } from '../model/dns-message.ts';
import type { FlowCounters } from '../model/flow-counters.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { RecordStage } from '../model/stage.ts';

export interface FlowPipelineOptions {
  readonly intervalMs: number;
  readonly idleTimeoutMs: number;
  readonly activeTimeoutMs: number;
  readonly maxFlows: number;
  readonly interfaceName: string;
  readonly ownAddresses: readonly string[];
  readonly observerSide: 'pod' | 'host';
  /** Takes DNS messages; absent where nobody wants them. */
  readonly onDnsMessage?: (message: DnsMessage) => void;
}

/** Joins a capture backend to the flow table, and that to the stages that take its records. */
export class FlowPipeline {
  readonly #table: FlowTable;
  readonly #outputs: readonly RecordStage[];
  readonly #onDnsMessage: FlowPipelineOptions['onDnsMessage'];

  constructor(options: FlowPipelineOptions, outputs: readonly RecordStage[]) {
    this.#outputs = outputs;
    this.#onDnsMessage = options.onDnsMessage;
    this.#table = new FlowTable({
      ...options,
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

  counters(): FlowCounters {
    return this.#table.counters();
  }

  #emit(records: readonly FlowRecord[]): void {
    for (const output of this.#outputs) output.accept(records);
  }
}
