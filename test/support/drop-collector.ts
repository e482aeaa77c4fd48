import { KernelDrops, type KernelDropsOptions } from '../../src/capture/drops/kernel-drops.ts';
import { copyFlowRecord } from '../../src/lib/copy-flow-record.ts';
import { createFlowRecord } from '../../src/lib/create-flow-record.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';

/** Runs the kernel drops of a node in a network namespace and keeps its records. */
export class DropCollector {
  readonly drops: KernelDrops;
  readonly records: FlowRecord[] = [];

  private constructor(drops: KernelDrops) {
    this.drops = drops;
  }

  static async start(namespacePath: string, options: Partial<KernelDropsOptions> = {}): Promise<DropCollector> {
    const settings = { intervalMs: 1_000, namespacePath, procPath: '/proc', ...options };
    const collector = new DropCollector(await KernelDrops.open(settings, SILENT_LOG));
    await collector.drops.start((records) => {
      for (const record of records) {
        const kept = createFlowRecord();
        copyFlowRecord(kept, record);
        collector.records.push(kept);
      }
    });
    return collector;
  }

  /** Packets of all records that have what is given. */
  packets(wanted: Partial<FlowRecord>): number {
    return this.find(wanted).reduce((sum, record) => sum + (record.dropPackets ?? 0), 0);
  }

  find(wanted: Partial<FlowRecord>): FlowRecord[] {
    const entries = Object.entries(wanted) as [keyof FlowRecord, unknown][];
    return this.records.filter((record) => entries.every(([name, value]) => record[name] === value));
  }

  /** Packets in records and of those that were skipped. */
  totals(): { readonly told: number; readonly skipped: number } {
    const { packetsByReason, skippedPackets } = this.drops.counters();
    const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
    return { told: sum(packetsByReason.values()), skipped: sum(Object.values(skippedPackets)) };
  }
}
