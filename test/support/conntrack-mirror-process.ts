import { createFlowRecord } from '../../src/lib/create-flow-record.ts';
import type { Log } from '../../src/model/log.ts';
import { ConntrackMirror } from '../../src/nat/conntrack-mirror.ts';
import { NatTranslator } from '../../src/nat/nat-translator.ts';

/** A conntrack mirror in a process whose rights are the caller's choice; prints one JSON document and ends. */
export interface MirrorReport {
  readonly counters: ReturnType<ConntrackMirror['counters']>;
  readonly warnings: readonly string[];
  readonly natState: string | undefined;
}

const [source = 'auto'] = process.argv.slice(2);
const warnings: string[] = [];
const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, message) => warnings.push(`${message} ${JSON.stringify(fields)}`),
  error: () => undefined,
};
const mirror = new ConntrackMirror({ source: source as 'auto', retryMs: 100 }, log);
await mirror.start();
// Long enough for several more tries.
await new Promise((resolve) => setTimeout(resolve, 500));
const record = createFlowRecord();
Object.assign(record, { sourceAddress: '10.0.0.1', destinationAddress: '10.0.0.2', sourcePort: 1, destinationPort: 2 });
record.protocolNumber = 6;
new NatTranslator(mirror).translate(record);
const report: MirrorReport = { counters: mirror.counters(), warnings, natState: record.natState };
await mirror.stop();
process.stdout.write(JSON.stringify(report));
