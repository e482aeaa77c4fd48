import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunSummary } from '../../src/output/run-summary.ts';
import { VPC_SAMPLES } from '../support/aws-log-samples.ts';
import { OtlpReceiver } from '../support/otlp-receiver.ts';
import { ROOT } from '../support/source-files.ts';
import { waitFor } from '../support/wait-for.ts';

const MAIN = `${ROOT}src/main.ts`;
const LONG_MS = 30_000;
const HEADER = VPC_SAMPLES.default_format;

interface Summary extends RunSummary {
  readonly evidence: Readonly<Record<string, unknown>>;
}

function toDeny(port: number): string {
  const message = `Flow Info: Src IP: 10.0.1.5 Src Port: ${port} Dest IP: 10.0.2.9 Dest Port: 8080 Proto TCP Verdict DENY Direction ingress, Tier NETWORK_POLICY`;
  return `${JSON.stringify({ level: 'info', ts: '2026-01-02T03:04:05.678Z', caller: 'events/events.go:1', msg: message })}\n`;
}

function toReject(port: number): string {
  return `2 123456789010 eni-1 172.31.9.69 172.31.9.12 ${port} 3389 6 20 4249 1767323045 1767323065 REJECT OK\n`;
}

function evidence(args: readonly string[], input = '') {
  const child = spawnSync(process.execPath, [MAIN, 'evidence', ...args], { encoding: 'utf8', input });
  return { ...child, lines: child.stdout.trimEnd().split('\n') };
}

function summaryOf({ lines }: ReturnType<typeof evidence>): Summary {
  return JSON.parse(lines.at(-1) ?? '') as Summary;
}

describe('podflow evidence', () => {
  let folder = '';
  let receiver: OtlpReceiver;
  let child: ChildProcess | undefined;
  let log = '';

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podflow-evidence-'));
    receiver = await OtlpReceiver.start();
  });

  afterEach(async () => {
    child?.kill('SIGKILL');
    await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function write(name: string, content: string | Uint8Array): string {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  }

  /** Runs beside the test; resolves to the exit status. */
  function start(...args: readonly string[]): Promise<unknown[]> {
    child = spawn(process.execPath, [MAIN, 'evidence', ...args, '--otlp-endpoint', receiver.url]);
    log = '';
    child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    return once(child, 'exit');
  }

  function receivedPorts(): unknown[] {
    return receiver.records.map(({ attributes }) => attributes['source.port']);
  }

  test(
    'sends what files say, plain and packed, as OTLP',
    async () => {
      const agent = write('agent.log', toDeny(40_001) + toDeny(40_002).replace('DENY', 'ACCEPT'));
      const vpc = write(
        'vpc.log.gz',
        Buffer.concat([gzipSync(`${HEADER}\n${toReject(40_003)}`), gzipSync(toReject(40_004))]),
      );
      const [status] = await start(agent, vpc, '--node-name', 'node-1', '--interval', '30s');
      expect({ status, log }).toMatchObject({ status: 0 });
      expect(receivedPorts()).toEqual([40_001, 40_003, 40_004]);
      const [first, second] = receiver.records;
      expect(first).toMatchObject({
        eventName: 'network.flow',
        severityText: 'WARN',
        timeUnixNano: BigInt(Date.UTC(2026, 0, 2, 3, 4, 30)) * 1_000_000n,
        resource: { 'k8s.node.name': 'node-1' },
        attributes: {
          'source.address': '10.0.1.5',
          'destination.address': '10.0.2.9',
          'destination.port': 8080,
          'network.transport': 'tcp',
          'flow.verdict': 'dropped',
          'flow.drop.reason': 'policy_agent_deny',
          'flow.drop.detail': 'NETWORK_POLICY',
          'flow.drop.packets.delta': 1,
          'flow.evidence': 'network_policy_agent',
          'flow.packets.delta': 0,
        },
      });
      expect(second?.attributes).toMatchObject({
        'flow.drop.reason': 'vpc_reject',
        'flow.drop.detail': 'eni-1',
        'flow.drop.packets.delta': 20,
        'flow.drop.bytes.delta': 4249,
        'flow.evidence': 'vpc_flow_log',
      });
    },
    LONG_MS,
  );

  test('sums up, with every line and every record accounted for', () => {
    const path = write('agent.log', `${toDeny(1)}nonsense\n${toDeny(2)}`);
    const run = evidence([path, '-', '--fields', 'default', '--output', 'ndjson', '--json'], toReject(3) + toReject(4));
    expect(run.status).toBe(0);
    expect(run.lines).toHaveLength(5);
    const { records, drops, losses, evidence: told } = summaryOf(run);
    expect(records).toBe(4);
    expect(losses.explained).toBe(true);
    expect(drops).toEqual([
      { verdict: 'dropped', reason: 'policy_agent_deny', flows: 2, packets: 2, bytes: 0 },
      { verdict: 'dropped', reason: 'vpc_reject', flows: 2, packets: 40, bytes: 8498 },
    ]);
    expect(told).toEqual({ lines: 5, records: 4, passedOver: {}, malformed: { field_count: 1 }, unexplainedLines: 0 });
    expect(run.stderr).toMatch(/"line":2,"reason":"field_count"/);
  });

  test('takes packed stdin', () => {
    const packed = gzipSync(`${HEADER}\n${toReject(5)}`);
    const run = spawnSync(process.execPath, [MAIN, 'evidence', '-', '--output', 'ndjson'], { input: packed });
    expect(run.status).toBe(0);
    expect(JSON.parse(run.stdout.toString())).toMatchObject({ 'source.port': 5, 'flow.evidence': 'vpc_flow_log' });
  });

  test('reads the other logs where one cannot be read, and fails', () => {
    const cut = gzipSync(toDeny(7).repeat(1_000));
    const paths = [
      join(folder, 'none.log'),
      write('cut.gz', cut.subarray(0, cut.length - 5)),
      write('good.log', toDeny(6)),
    ];
    const run = evidence([...paths, '--json']);
    expect(run.status).toBe(1);
    expect(summaryOf(run).records).toBeGreaterThanOrEqual(1);
    expect(run.stderr).toMatch(/The log \S+none\.log cannot be read: ENOENT.*\n.*plain or gzip, or - for stdin/s);
    expect(run.stderr).toContain('unexpected end of file');
  });

  test.each([
    [['a.log', '--fields', '${srcaddr} ${dstaddr}'], /--fields .* has no action/],
    [['a.log', '--evidence-format', 'netflow'], /is none of auto, network-policy-agent, vpc-flow-log/],
    [[], /FILE… is missing/],
  ])('%j is a configuration error', (args, problem) => {
    const run = evidence(args);
    expect({ status: run.status, stdout: run.stdout }).toEqual({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(problem);
  });

  test(
    'loses nothing of a long log to a slow receiver and a short queue',
    async () => {
      const count = 20_000;
      const path = write('long.log', Array.from({ length: count }, (_, i) => toDeny(1 + i)).join(''));
      receiver.answerNext({ kind: 'status', status: 503, retryAfter: '1' });
      const [status] = await start(path, '--otlp-queue-records', '1000', '--otlp-batch-records', '400');
      expect({ status, log }).toMatchObject({ status: 0 });
      expect(receivedPorts()).toEqual(Array.from({ length: count }, (_, i) => 1 + i));
    },
    LONG_MS,
  );

  test(
    'follows a log through its rotation, and ends when asked to',
    async () => {
      const path = write('agent.log', toDeny(1));
      const exited = start(path, '--follow');
      await waitFor('what is there', () => receivedPorts().includes(1), LONG_MS / 2);
      appendFileSync(path, toDeny(2));
      renameSync(path, `${path}.1`);
      writeFileSync(path, toDeny(3));
      await waitFor('what is in the new file', () => receivedPorts().includes(3));
      child?.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
      expect(receivedPorts()).toEqual([1, 2, 3]);
    },
    LONG_MS,
  );

  test(
    'ends by itself while it waits for stdin',
    async () => {
      const exited = start('-', '--for', '500ms');
      child?.stdin?.write(toDeny(8));
      expect(await exited).toEqual([0, null]);
      expect(receivedPorts()).toEqual([8]);
    },
    LONG_MS,
  );
});
