import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from '@jest/globals';
import { SILENT_LOG } from '../../src/lib/log.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { createOtlpSender } from '../../src/otlp/create-otlp-sender.ts';
import { OtlpReceiver } from '../support/otlp-receiver.ts';
import { createSampleRecord } from '../support/otlp-sample-records.ts';
import { describeStage, type StageUnderTest } from '../support/stage-contract.ts';

const TIMEOUT_MS = 600;

let working: OtlpReceiver;
let hanging: OtlpReceiver;

beforeAll(async () => {
  working = await OtlpReceiver.start();
  hanging = await OtlpReceiver.start();
  hanging.answerAlways({ kind: 'never' });
});
afterAll(async () => {
  // The JSON exporter cannot be told to give up.
  await sleep(TIMEOUT_MS);
  await working.close();
  await hanging.close();
});

async function create(
  encoding: 'protobuf' | 'json',
  downstream: 'working' | 'hanging',
): Promise<StageUnderTest<readonly FlowRecord[]>> {
  const batch = Array.from({ length: 30 }, (_, i) => createSampleRecord(i, { packets: 4, reversePackets: 3 }));
  const stage = await createOtlpSender(
    {
      endpoint: (downstream === 'working' ? working : hanging).url,
      encoding,
      timeoutMs: TIMEOUT_MS,
      batchRecords: 20,
      flushMs: 20,
      resource: new Map(),
      scopeVersion: '1.2.3',
    },
    SILENT_LOG,
  );
  return { stage, batch, amount: { records: 30, frames: 210 } };
}

describeStage('the protobuf sender', (downstream) => create('protobuf', downstream));
describeStage('the JSON sender', (downstream) => create('json', downstream));
