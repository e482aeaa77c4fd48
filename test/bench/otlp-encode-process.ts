/**
 * One way out for flow records, in a process of its own, as it is in production: neither code nor garbage of the other
 * ways disturbs it. Started with the name of the way and the receiver's URL; answers each message with a measurement.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { createOtlpSender } from '../../src/otlp/create-otlp-sender.ts';
import { LogsRequestEncoder } from '../../src/otlp/logs-request-encoder.ts';
import type { OtlpOptions } from '../../src/otlp/otlp-options.ts';
import { ProtobufBatchEncoder } from '../../src/otlp/protobuf-batch-encoder.ts';
import { ReadableRecordEncoder } from '../../src/otlp/readable-record-encoder.ts';
import { createSampleRecords, SAMPLE_TIME_NS } from '../support/otlp-sample-records.ts';

export interface OtlpMeasurement {
  /** CPU, user and system, of all threads: compression counts wherever it runs. */
  readonly cpuUsPerRecord: number;
  readonly bytesPerRecord: number;
}

const BATCH_RECORDS = 1_000;
/** Batches that come at once, as at the end of a report interval. */
const BURST_BATCHES = 10;
const BURSTS = 4;
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

/** Takes a burst of records and gives the bytes that came of it. */
type Way = () => Promise<number>;

function createEncoding(encoder: LogsRequestEncoder | ProtobufBatchEncoder): Way {
  return repeat(() => {
    for (const record of RECORDS) encoder.append(record, SAMPLE_TIME_NS);
    return encoder.finish().length;
  });
}

function createStockEncoding(serializer: typeof JsonLogsSerializer): Way {
  const encoder = new ReadableRecordEncoder(resourceFromAttributes(Object.fromEntries(RESOURCE)), VERSION);
  return repeat(() => {
    for (const record of RECORDS) encoder.append(record, SAMPLE_TIME_NS);
    return serializer.serializeRequest(encoder.finish())?.length ?? 0;
  });
}

function repeat(encodeBatch: () => number): Way {
  return async () => {
    let byteCount = 0;
    for (let batch = 0; batch < BURST_BATCHES; batch++) byteCount += encodeBatch();
    return byteCount;
  };
}

async function createSending(endpoint: string, options: Pick<OtlpOptions, 'encoding' | 'compression'>): Promise<Way> {
  const sender = await createOtlpSender(
    { ...options, endpoint, resource: RESOURCE, scopeVersion: VERSION },
    SILENT_LOG,
  );
  await sender.start(new AbortController().signal);
  return async () => {
    const before = sender.counters().sentBytes;
    for (let batch = 0; batch < BURST_BATCHES; batch++) sender.accept(RECORDS);
    while (sender.account().held.records > 0) await sleep(2);
    return sender.counters().sentBytes - before;
  };
}

const WAYS: Readonly<Record<string, (endpoint: string) => Way | Promise<Way>>> = {
  encode: () => createEncoding(new LogsRequestEncoder(RESOURCE, VERSION)),
  encodeGzip: () => createEncoding(new ProtobufBatchEncoder(RESOURCE, VERSION, 'gzip')),
  send: (endpoint) => createSending(endpoint, { encoding: 'protobuf', compression: 'none' }),
  sendGzip: (endpoint) => createSending(endpoint, { encoding: 'protobuf', compression: 'gzip' }),
  stockProtobufEncode: () => createStockEncoding(ProtobufLogsSerializer),
  stockJsonEncode: () => createStockEncoding(JsonLogsSerializer),
  stockJsonSend: (endpoint) => createSending(endpoint, { encoding: 'json', compression: 'none' }),
  stockJsonSendGzip: (endpoint) => createSending(endpoint, { encoding: 'json', compression: 'gzip' }),
};

async function measure(way: Way): Promise<OtlpMeasurement> {
  let byteCount = 0;
  const before = process.cpuUsage();
  for (let burst = 0; burst < BURSTS; burst++) byteCount += await way();
  const { user, system } = process.cpuUsage(before);
  const records = BURSTS * BURST_BATCHES * BATCH_RECORDS;
  return { cpuUsPerRecord: (user + system) / records, bytesPerRecord: byteCount / records };
}

const [, , name = '', endpoint = ''] = process.argv;
const way = await WAYS[name]?.(endpoint);
process.on('disconnect', () => process.exit(0));
// An interrupt from the terminal reaches the bench too, which ends this process when it is done with it.
process.on('SIGINT', () => undefined);
if (way !== undefined) process.on('message', () => void measure(way).then((result) => process.send?.(result)));
process.send?.(Object.keys(WAYS));
