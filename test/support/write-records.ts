import { writeSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { createDeadline } from '../../src/lib/deadline.ts';
import { createRecordWriter } from '../../src/output/create-record-writer.ts';
import { createSampleRecords } from './otlp-sample-records.ts';
import { toAccountedFor, toDroppedRecords } from './stage-balance.ts';

/**
 * A process that writes sample records as NDJSON as a role does, to be watched from outside:
 * `node write-records.ts FILE|- BATCHES RECORDS_PER_BATCH DEADLINE_MS`. At its end it tells on stderr, as one line of
 * JSON, its account, what it logged, and for how long its event loop was blocked at worst.
 */
const [file = '-', batches = '1', recordsPerBatch = '1', deadlineMs = '1000'] = process.argv.slice(2);
const logged: string[] = [];
const note = (_: object, message: string): void => void logged.push(message);
const writer = createRecordWriter({
  format: 'ndjson',
  file: file === '-' ? undefined : file,
  resource: new Map(),
  scopeVersion: '0.0.0',
  stdout: process.stdout,
  env: {},
  log: { debug: note, info: note, warn: note, error: note },
});
await writer.start();
const records = createSampleRecords(Number(recordsPerBatch));
const loopDelay = monitorEventLoopDelay({ resolution: 5 });
loopDelay.enable();
for (let batch = 0; batch < Number(batches); batch++) {
  writer.accept(records);
  await delay(10);
}
await writer.stop(createDeadline(Number(deadlineMs)));
const account = writer.account();
const report = {
  received: account.received,
  accountedFor: toAccountedFor(account),
  forwarded: account.forwarded.records,
  held: account.held.records,
  dropped: toDroppedRecords(account),
  logged,
  blockedMs: Math.round(loopDelay.max / 1e6),
};
writeSync(2, `${JSON.stringify(report)}\n`);
process.exit(0);
