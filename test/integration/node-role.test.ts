import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { findFreePorts } from '../../src/roles/demo/free-ports.ts';
import { encodeFlows } from '../support/otlp-requests.ts';
import { OtlpReceiver } from '../support/otlp-receiver.ts';
import { createSampleRecords } from '../support/otlp-sample-records.ts';
import { parsePrometheusText, sumOf, type Family } from '../support/prometheus-text.ts';
import { NodeRun } from '../support/node-run.ts';
import { describeWithTools } from '../support/requirements.ts';
import { waitFor } from '../support/wait-for.ts';
import { OWN_LOOPBACK } from '../support/own-loopback.ts';

const PROTOBUF = { 'Content-Type': 'application/x-protobuf' };
const RECORDS = 250;

let node: NodeRun;
let receiver: OtlpReceiver | undefined;
let url = '';

/** A node role that knows of no connection, so that it needs no right. */
async function startNode(...args: string[]): Promise<void> {
  const [port = 0] = await findFreePorts(1);
  node = new NodeRun(port, ['--conntrack', 'off', '--metrics-host', '127.0.0.1', '--metrics-port', '0', ...args]);
  await node.untilListening();
  await waitFor('the node to serve metrics', () => metricsUrl() !== '', 10_000);
  url = `http://${OWN_LOOPBACK}:${port}/v1/logs`;
}

function send(): Promise<Response> {
  const body = encodeFlows('protobuf', createSampleRecords(RECORDS));
  return fetch(url, { method: 'POST', headers: PROTOBUF, body: new Uint8Array(body) });
}

function metricsUrl(): string {
  return /"url":"([^"]+\/metrics)"/.exec(node.stderr)?.[1] ?? '';
}

async function scrape(): Promise<Map<string, Family>> {
  return parsePrometheusText(await (await fetch(metricsUrl())).text());
}

afterEach(async () => {
  node.kill();
  await receiver?.close();
  receiver = undefined;
});

describe('podflow node', () => {
  test('answers what the next receiver answered, and accounts for it', async () => {
    receiver = await OtlpReceiver.start();
    await startNode('--otlp-endpoint', receiver.url);
    expect((await send()).status).toBe(200);
    expect(receiver.records).toHaveLength(RECORDS);
    expect(new Set(receiver.records.map(({ attributes }) => attributes['flow.nat.state']))).toEqual(
      new Set(['unresolved']),
    );
    const families = await scrape();
    expect(sumOf(families, 'podflow_nat_records_total', { state: 'unresolved' })).toBe(RECORDS);
    expect(sumOf(families, 'podflow_otlp_received_records_total', { kind: 'flow' })).toBe(RECORDS);
    expect(sumOf(families, 'podflow_relay_requests_total', { outcome: 'sent' })).toBe(1);
    expect(await node.stop()).toBe(0);
    expect(node.summary).toMatchObject({
      records: RECORDS,
      nat: { recordsByState: { unresolved: RECORDS } },
      conntrack: { source: 'none' },
      received: { requestsByStatus: { 200: 1 } },
      losses: { explained: true, stages: { relay: { forwarded: { records: RECORDS } } } },
    });
  }, 30_000);

  test('tells the sender to come again while the next receiver is away, and counts nothing as done', async () => {
    const [dead = 0] = await findFreePorts(1);
    await startNode('--otlp-endpoint', `http://127.0.0.1:${dead}`);
    const answer = await send();
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await node.stop()).toBe(0);
    expect(node.summary).toMatchObject({
      records: 0,
      losses: { explained: true, stages: { relay: { dropped: { sent_back: { records: RECORDS } } } } },
    });
  }, 30_000);

  test('without a next receiver writes the records here', async () => {
    await startNode('--output', 'ndjson');
    expect((await send()).status).toBe(200);
    expect(await node.stop()).toBe(0);
    const lines = node.stdout.trim().split('\n');
    expect(lines).toHaveLength(RECORDS + 1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ 'flow.nat.state': 'unresolved' });
  }, 30_000);

  test('is ready, and says what it looks at', async () => {
    await startNode();
    const ready = await fetch(new URL('/readyz', metricsUrl()));
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ ready: true, conntrack: { source: 'none', isSynchronised: false } });
  }, 30_000);

  test('says whose setting to change when its port is taken', async () => {
    const other = createServer().listen(0, OWN_LOOPBACK);
    await once(other, 'listening');
    const address = other.address();
    node = new NodeRun(typeof address === 'object' ? (address?.port ?? 0) : 0, ['--conntrack', 'off']);
    const [code] = (await once(node.child, 'close')) as [number | null];
    other.close();
    expect(code).toBe(2);
    expect(node.stderr).toContain('--listen-port');
  }, 30_000);
});

describeWithTools('promtool check metrics', ['promtool'], () => {
  test('finds nothing wrong with those of a node', async () => {
    receiver = await OtlpReceiver.start();
    await startNode('--otlp-endpoint', receiver.url);
    await send();
    const text = await (await fetch(metricsUrl())).text();
    // The families of Node itself are named by prom-client.
    const input = text.replace(/^.*nodejs_.*\n/gm, '');
    const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
    expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: '', status: 0 });
  }, 30_000);
});
