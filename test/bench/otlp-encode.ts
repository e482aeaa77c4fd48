import { setTimeout as sleep } from 'node:timers/promises';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { createDeadline } from '../../src/lib/deadline.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { createOtlpSender, type OtlpStage } from '../../src/otlp/create-otlp-sender.ts';
import { LogsRequestEncoder } from '../../src/otlp/logs-request-encoder.ts';
import { ProtobufBatchEncoder } from '../../src/otlp/protobuf-batch-encoder.ts';
import { ReadableRecordEncoder } from '../../src/otlp/readable-record-encoder.ts';
import { createSampleRecords, SAMPLE_TIME_NS } from '../support/otlp-sample-records.ts';
import { OtlpReceiver } from './capture/otlp-receiver.ts';
import { atMost } from './support/goal.ts';
import { readMachine } from './support/machine.ts';
import { tellProgress } from './support/progress.ts';
import { toSpreads } from './support/spread.ts';

/**
 * CPU (user and system, all threads, so that compression counts) that a flow record costs on its way out, in µs: encoded
 * by podflow's writer and by the stock serializers, and sent whole to a receiver in a process of its own. Rounds are
 * interleaved. `node test/bench/otlp-encode.ts` prints one JSON document.
 */
const BATCH_RECORDS = 1_000;
const ENCODED_BATCHES = 40;
const SENT_BATCHES = 40;
const ROUNDS = 7;
const VERSION = '0.0.0';
const RECORDS = createSampleRecords(BATCH_RECORDS);
const RESOURCE = new Map([
  ['service.name', 'podflow'],
  ['service.version', VERSION],
  ['service.instance.id', '275ecb36-5aa8-4c2a-9c47-d8bb681b9aff'],
  ['host.name', 'web-5f6c7d8b9-x2x4z'],
  ['k8s.cluster.name', 'production'],
  ['k8s.node.name', 'node-17'],
  ['k8s.namespace.name', 'shop'],
  ['k8s.pod.name', 'web-5f6c7d8b9-x2x4z'],
  ['k8s.pod.uid', '275ecb36-5aa8-4c2a-9c47-d8bb681b9aff'],
  ['k8s.pod.ip', '10.244.1.7'],
]);

type Round = Record<string, number>;

/** CPU µs a record of `work`, which deals with `records`. */
async function measureUs(records: number, work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / records;
}

/** One batch, encoded as often as a round wants. Gives its bytes. */
const ENCODERS: Readonly<Record<string, () => Uint8Array>> = {
  encodeUs: createEncode(new LogsRequestEncoder(RESOURCE, VERSION)),
  encodeGzipUs: createEncode(new ProtobufBatchEncoder(RESOURCE, VERSION, 'gzip')),
  stockProtobufEncodeUs: createStockEncode(ProtobufLogsSerializer),
  stockJsonEncodeUs: createStockEncode(JsonLogsSerializer),
};

function createEncode(encoder: LogsRequestEncoder | ProtobufBatchEncoder): () => Uint8Array {
  return () => {
    for (const record of RECORDS) encoder.append(record, SAMPLE_TIME_NS);
    return encoder.finish();
  };
}

function createStockEncode(serializer: typeof JsonLogsSerializer): () => Uint8Array {
  const encoder = new ReadableRecordEncoder(resourceFromAttributes(Object.fromEntries(RESOURCE)), VERSION);
  return () => {
    for (const record of RECORDS) encoder.append(record, SAMPLE_TIME_NS);
    return serializer.serializeRequest(encoder.finish()) ?? new Uint8Array();
  };
}

const SENDERS = {
  sendUs: { encoding: 'protobuf', compression: 'none' },
  sendGzipUs: { encoding: 'protobuf', compression: 'gzip' },
  stockJsonSendUs: { encoding: 'json', compression: 'none' },
  stockJsonSendGzipUs: { encoding: 'json', compression: 'gzip' },
} as const;

async function startSender(endpoint: string, name: keyof typeof SENDERS): Promise<OtlpStage> {
  const options = { endpoint, resource: RESOURCE, scopeVersion: VERSION, queueRecords: BATCH_RECORDS * SENT_BATCHES };
  const sender = await createOtlpSender({ ...options, ...SENDERS[name] }, SILENT_LOG);
  await sender.start(new AbortController().signal);
  return sender;
}

/** As the probe sends: the records of an interval in few large slices, then nothing until they are out. */
async function send(sender: OtlpStage): Promise<void> {
  for (let batch = 0; batch < SENT_BATCHES; batch++) {
    sender.accept(RECORDS);
    if (batch % 10 === 9) while (sender.account().held.records > 0) await sleep(2);
  }
}

async function runRound(senders: ReadonlyMap<string, OtlpStage>): Promise<Round> {
  const round: Round = {};
  for (const [name, encode] of Object.entries(ENCODERS))
    round[name] = await measureUs(BATCH_RECORDS * ENCODED_BATCHES, () => {
      for (let batch = 0; batch < ENCODED_BATCHES; batch++) encode();
    });
  for (const [name, sender] of senders) round[name] = await measureUs(BATCH_RECORDS * SENT_BATCHES, () => send(sender));
  return round;
}

const receiver = await OtlpReceiver.start();
const senders = new Map<string, OtlpStage>();
for (const name of Object.keys(SENDERS) as (keyof typeof SENDERS)[])
  senders.set(name, await startSender(receiver.endpoint, name));
await runRound(senders);

const rounds: Round[] = [];
for (let round = 1; round <= ROUNDS; round++) {
  tellProgress(`otlp: round ${round} of ${ROUNDS}`);
  rounds.push(await runRound(senders));
}
const expectedRequests = (ROUNDS + 1) * SENT_BATCHES * senders.size;
const { requests } = await receiver.received();
for (const sender of senders.values()) await sender.stop(createDeadline(1_000));
receiver.stop();

const cpuUs = toSpreads(rounds);
const bytesPerRecord = Object.fromEntries(
  Object.entries(ENCODERS).map(([name, encode]) => [name.replace(/Us$/, ''), encode().length / BATCH_RECORDS]),
);
process.stdout.write(
  `${JSON.stringify({
    name: 'otlp',
    machine: readMachine(),
    figures: { batchRecords: BATCH_RECORDS, cpuUs, bytesPerRecord, requests, expectedRequests },
    goals: { sendGzipUs: atMost(3.7, cpuUs['sendGzipUs']?.median ?? NaN) },
  })}\n`,
);
