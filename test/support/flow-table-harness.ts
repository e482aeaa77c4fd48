import { FlowTable, type FlowTableOptions } from '../../src/flow/flow-table.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import type { IcmpError } from '../../src/model/icmp-error.ts';
import { createPodPoint } from '../../src/model/observation-point.ts';
import { buildBatch, buildKey, type DeltaSpec } from './delta-builder.ts';

/** Second 0 of a test: on a border of 10 s intervals, in nanoseconds since the epoch. */
export const EPOCH_NS = 1_700_000_000e9;
/** The same moment on the clock of the deltas (a monotonic clock). */
const CLOCK_NS = 5_000e9;

/** A time on the clock of the deltas. */
export function clockNs(seconds: number): number {
  return CLOCK_NS + Math.round(seconds * 1e9);
}

/** The same time since the epoch. */
export function epochNs(seconds: number): number {
  return EPOCH_NS + seconds * 1e9;
}

/** A flow table with a clock in seconds, whose records are copied as they come. */
export class FlowTableHarness {
  readonly table: FlowTable;
  readonly records: FlowRecord[] = [];
  readonly slices: number[] = [];
  /** Added to the wall clock by tests that step it. */
  stepNs = 0;
  #taken = 0;

  constructor(options: Partial<FlowTableOptions> = {}) {
    this.table = new FlowTable({
      intervalMs: 10_000,
      idleTimeoutMs: 15_000,
      activeTimeoutMs: 1_800_000,
      maxFlows: 262_144,
      ownAddresses: [],
      flowIdPrefix: 'test',
      resolvePoint: createPodPoint('eth0'),
      emit: (records) => {
        this.slices.push(records.length);
        for (const record of records) this.records.push({ ...record });
      },
      ...options,
    });
  }

  /** Hands over deltas, each family in its own batch. */
  apply(...specs: DeltaSpec[]): void {
    for (const isIpv6 of [false, true]) {
      const family = specs.filter((spec) => spec.a.includes(':') === isIpv6);
      if (family.length > 0) this.table.apply(buildBatch(family, EPOCH_NS - CLOCK_NS + this.stepNs));
    }
  }

  /** An ICMP error that quotes a packet of end `a`. */
  icmpError(spec: DeltaSpec, seconds: number, type: number, code: number, mtuBytes?: number): void {
    const { family, key, aSide } = buildKey(spec);
    const error: IcmpError = {
      timeNs: epochNs(seconds) + this.stepNs,
      point: spec.point ?? 0,
      family,
      quotedKey: key,
      quotedSide: aSide,
      type,
      code,
      mtuBytes,
      reporterAddress: spec.b,
    };
    this.table.applyIcmpError(error);
  }

  /** Reports the interval of 10 s that ends at a second; returns the records since the last call of its kind. */
  async report(endSeconds: number): Promise<FlowRecord[]> {
    await this.table.report(epochNs(endSeconds - 10) + this.stepNs, epochNs(endSeconds) + this.stepNs);
    return this.#take();
  }

  /** Tells of a drain within the interval and waits until the table has done with it. */
  async drained(seconds: number): Promise<FlowRecord[]> {
    this.table.drained(epochNs(seconds) + this.stepNs);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return this.#take();
  }

  async stop(seconds: number): Promise<FlowRecord[]> {
    await this.table.stop(epochNs(seconds) + this.stepNs);
    return this.#take();
  }

  /** Records since the last call. */
  #take(): FlowRecord[] {
    const taken = this.records.slice(this.#taken);
    this.#taken = this.records.length;
    return taken;
  }
}
