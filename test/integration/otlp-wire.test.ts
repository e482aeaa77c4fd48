import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createDeadline } from '../../src/lib/deadline.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { createOtlpSender, type OtlpStage } from '../../src/otlp/create-otlp-sender.ts';
import type { OtlpOptions } from '../../src/otlp/otlp-options.ts';
import { OtlpReceiver } from '../support/otlp-receiver.ts';
import { createSampleRecord, createSampleRecords } from '../support/otlp-sample-records.ts';
import { describeWithTools } from '../support/requirements.ts';
import { waitFor } from '../support/wait-for.ts';

const OPTIONS: OtlpOptions = {
  encoding: 'protobuf',
  flushMs: 10,
  batchRecords: 100,
  backoff: { baseMs: 20, maxMs: 100, maxRetryAfterMs: 1000 },
  resource: new Map([
    ['service.name', 'podflow'],
    ['k8s.pod.name', 'web-0'],
  ]),
  scopeVersion: '1.2.3',
};

let receiver: OtlpReceiver;
let sender: OtlpStage | undefined;

beforeEach(async () => {
  receiver = await OtlpReceiver.start();
});
afterEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name];
  await sender?.stop(createDeadline(0));
  await receiver.close();
});

async function startSender(options: Partial<OtlpOptions> = {}): Promise<OtlpStage> {
  sender = await createOtlpSender({ ...OPTIONS, ...options }, SILENT_LOG);
  await sender.start(new AbortController().signal);
  return sender;
}

async function sendOne(options: Partial<OtlpOptions> = {}): Promise<OtlpReceiver['requests'][number]> {
  (await startSender(options)).accept([createSampleRecord(1)]);
  return waitFor('a request', () => receiver.requests[0]);
}

describe.each(['protobuf', 'json'] as const)('%s', (encoding) => {
  test('brings the record whole', async () => {
    const before = BigInt(Date.now()) * 1_000_000n;
    await sendOne({ endpoint: receiver.url, encoding });
    const [record] = receiver.records;
    const sent = createSampleRecord(1);
    expect(record).toMatchObject({
      eventName: 'network.flow',
      severityNumber: 9,
      severityText: 'INFO',
      traceId: Buffer.from(sent.communityId.slice(2), 'base64').subarray(0, 16).toString('hex'),
      timeUnixNano: BigInt(sent.intervalEndNs),
      resource: { 'service.name': 'podflow', 'k8s.pod.name': 'web-0' },
      scope: { name: 'podflow', version: '1.2.3' },
    });
    expect(record?.observedTimeUnixNano).toBeGreaterThanOrEqual(before);
    expect(record?.attributes).toMatchObject({
      'flow.id': sent.flowId,
      'flow.start': BigInt(sent.startNs),
      'destination.port': sent.destinationPort,
    });
  });

  test.each(['gzip', 'none'] as const)('compression %s', async (compression) => {
    const { headers } = await sendOne({ endpoint: receiver.url, encoding, compression });
    expect(headers['content-encoding']).toBe(compression === 'gzip' ? 'gzip' : undefined);
    expect(headers['content-type']).toBe(encoding === 'json' ? 'application/json' : 'application/x-protobuf');
    expect(headers['user-agent']).toMatch(/^podflow\/1\.2\.3/);
    expect(receiver.records).toHaveLength(1);
  });

  test('is sent over one connection, and its bytes are counted', async () => {
    const stage = await startSender({ endpoint: receiver.url, encoding });
    stage.accept(createSampleRecords(1000));
    await waitFor('all records', () => receiver.records.length === 1000);
    await waitFor('the last answer', () => stage.account().held.records === 0);
    expect(receiver.requests).toHaveLength(10);
    expect(receiver.connections).toBe(1);
    const bodies = receiver.requests.reduce((sum, { byteCount }) => sum + byteCount, 0);
    const heads = encoding === 'json' ? 10 * 500 : 0;
    expect(stage.counters().sentBytes).toBeGreaterThanOrEqual(bodies);
    expect(stage.counters().sentBytes).toBeLessThanOrEqual(bodies + heads);
  });

  test('the standard environment names are honoured', async () => {
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = 'http://127.0.0.1:9/not/this';
    process.env['OTEL_EXPORTER_OTLP_LOGS_ENDPOINT'] = `${receiver.url}/v1/logs?tenant=a`;
    process.env['OTEL_EXPORTER_OTLP_HEADERS'] = 'x-tenant=a%20b,x-both=common';
    process.env['OTEL_EXPORTER_OTLP_LOGS_HEADERS'] = 'x-both=logs';
    process.env['OTEL_EXPORTER_OTLP_COMPRESSION'] = 'none';
    const { headers, path } = await sendOne({ encoding, headers: { 'x-own': 'flag' } });
    expect(path).toBe('/v1/logs?tenant=a');
    expect(headers).toMatchObject({ 'x-tenant': 'a b', 'x-both': 'logs', 'x-own': 'flag' });
    expect(headers['content-encoding']).toBeUndefined();
  });

  test('the common endpoint gets /v1/logs; the time-out is taken', async () => {
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = receiver.url;
    process.env['OTEL_EXPORTER_OTLP_TIMEOUT'] = '150';
    receiver.answerNext({ kind: 'never' });
    const { path } = await sendOne({ encoding });
    expect(path).toBe('/v1/logs');
    await waitFor('the second request', () => receiver.requests.length === 2, 1500);
    expect((receiver.requests[1]?.atMs ?? 0) - (receiver.requests[0]?.atMs ?? 0)).toBeGreaterThan(140);
  });
});

describe('an endpoint', () => {
  test.each(['', '/', '/v1/logs'])('may end in %p', async (end) => {
    const { path } = await sendOne({ endpoint: receiver.url + end });
    expect(path).toBe('/v1/logs');
  });

  test('goes before the environment', async () => {
    process.env['OTEL_EXPORTER_OTLP_LOGS_ENDPOINT'] = 'http://127.0.0.1:9/v1/logs';
    await sendOne({ endpoint: receiver.url });
    expect(receiver.records).toHaveLength(1);
  });
});

describeWithTools('TLS', ['openssl'], () => {
  const folder = mkdtempSync(join(tmpdir(), 'podflow-tls-'));
  const key = join(folder, 'key.pem');
  const certificate = join(folder, 'certificate.pem');
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const elliptic = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const command = ['req', '-x509', '-days', '1', ...elliptic, ...subject, '-keyout', key, '-out', certificate];
  execFileSync('openssl', command, { stdio: 'ignore' });
  const secrets = { key: readFileSync(key), cert: readFileSync(certificate) };
  rmSync(key);

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('the certificate of the environment is trusted, and a client certificate is not needed', async () => {
    const server = createServer(secrets, (request, response) => void request.resume().on('end', () => response.end()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env['OTEL_EXPORTER_OTLP_CERTIFICATE'] = certificate;
    const trusting = await startSender({ endpoint });
    trusting.accept([createSampleRecord(1)]);
    await waitFor('the record to be sent', () => trusting.counters().sentRecords === 1);
    delete process.env['OTEL_EXPORTER_OTLP_CERTIFICATE'];
    const doubting = await createOtlpSender({ ...OPTIONS, endpoint }, SILENT_LOG);
    await doubting.start(new AbortController().signal);
    doubting.accept([createSampleRecord(1)]);
    await waitFor('a failure', () => doubting.counters().requestsByOutcome.retry > 0);
    expect(doubting.counters().sentRecords).toBe(0);
    await doubting.stop(createDeadline(0));
    server.closeAllConnections();
    server.close();
  });
});
