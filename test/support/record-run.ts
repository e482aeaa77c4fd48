import type { CaptureBackend } from '../../src/model/capture.ts';
import type { DnsMessage } from '../../src/model/dns-message.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import type { RecordStage, StageAccount } from '../../src/model/stage.ts';
import { FlowPipeline } from '../../src/roles/flow-pipeline.ts';

const NONE = { records: 0, frames: 0 };
const EMPTY: StageAccount = { received: NONE, forwarded: NONE, held: NONE, dropped: new Map() };

/** A capture backend with a flow table behind it, whose records are kept. */
export class RecordRun {
  readonly records: FlowRecord[] = [];
  readonly dnsMessages: DnsMessage[] = [];
  readonly backend: CaptureBackend;

  private constructor(backend: CaptureBackend) {
    this.backend = backend;
  }

  static async start(
    backend: CaptureBackend,
    intervalMs: number,
    ownAddresses: readonly string[] = [],
  ): Promise<RecordRun> {
    const run = new RecordRun(backend);
    const keep: RecordStage = {
      name: 'keep',
      start: () => Promise.resolve(),
      accept: (batch) => run.records.push(...batch.map((record) => ({ ...record }))),
      stop: () => Promise.resolve(),
      account: () => EMPTY,
    };
    const pipeline = new FlowPipeline(
      {
        intervalMs,
        idleTimeoutMs: 60_000,
        activeTimeoutMs: 60_000,
        maxFlows: 65_536,
        resolvePoint: (point) => backend.resolvePoint(point),
        ownAddresses,
        onDnsMessage: (message) => run.dnsMessages.push({ ...message }),
      },
      [keep],
    );
    await backend.start(pipeline.sink);
    return run;
  }

  stop(): Promise<void> {
    return this.backend.stop();
  }
}
