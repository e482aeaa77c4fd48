import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import type { RunSummary } from '../../src/output/run-summary.ts';
import type { WorkloadSummary } from '../../src/roles/enrich/workload-pairs.ts';
import { validateEcsDocument } from '../support/ecs-validator.ts';

const MAIN = toPath('../../src/main.ts');
const TCP_CAPTURE = toPath('../fixtures/captures/tcp.pcap');
const TCP_OBJECTS = toPath('../fixtures/objects/tcp-cluster.yaml');
const DEMO_CAPTURE = toPath('../../src/roles/demo/demo.pcapng');
const DEMO_OBJECTS = toPath('../../src/roles/demo/demo-objects.yaml');

type Summary = RunSummary & WorkloadSummary;

function toPath(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

/** The lines that a replay prints. */
function replay(...args: readonly string[]): string[] {
  const text = execFileSync(process.execPath, [MAIN, 'replay', ...args, '--log-level', 'warn'], { encoding: 'utf8' });
  return text.trimEnd().split('\n');
}

function parse(line: string | undefined): unknown {
  return JSON.parse(line ?? '');
}

function summaryOf(lines: readonly string[]): Summary {
  return parse(lines.at(-1)) as Summary;
}

describe('podflow replay with objects', () => {
  test('names both ends and sums up by workloads', () => {
    const lines = replay(TCP_CAPTURE, '--objects', TCP_OBJECTS, '--json');
    expect(lines).toHaveLength(1);
    const { connections, flows, workloads, perspectives, losses } = summaryOf(lines);
    expect(losses.explained).toBe(true);
    expect(connections).toBe(flows);
    expect(perspectives).toEqual({ both: 0, client: 11, server: 0, none: 0 });
    const pairs = workloads.map(({ source, service, destination, port, failures }) => [
      `${source} → ${service ?? '-'} → ${destination} ${port ?? ''}`,
      failures,
    ]);
    expect(Object.fromEntries(pairs)).toEqual({
      'Deployment shop/frontend → service shop/web → Pod shop/web-0 80': {},
      'Deployment shop/frontend → - → Pod shop/web-0 81': { syn_unanswered: 1 },
      'Deployment shop/frontend → - → Pod shop/web-0 82': { connection_refused: 1 },
      'fd00::2 → - → Deployment shop/frontend 443': {},
    });
  });

  test('sums are those of the capture, whatever they are summed by', () => {
    const named = summaryOf(replay(DEMO_CAPTURE, '--objects', DEMO_OBJECTS, '--json'));
    const plain = summaryOf(replay(DEMO_CAPTURE, '--json'));
    const sum = (pairs: readonly { readonly packets: number; readonly reversePackets: number }[]): number =>
      pairs.reduce((total, { packets, reversePackets }) => total + packets + reversePackets, 0);
    expect(plain.packets).toBeGreaterThan(300);
    expect(sum(named.workloads)).toBe(plain.packets);
    expect(sum(named.pairs)).toBe(plain.packets);
    expect(plain).not.toHaveProperty('connections');
    expect(Object.keys(plain.losses.stages)).toEqual(['summary']);
  });

  test('whose own addresses are told are the perspectives', () => {
    const args = [TCP_CAPTURE, '--objects', TCP_OBJECTS, '--own-addresses', '10.0.0.2,fd00::2', '--json'];
    const { perspectives, connections } = summaryOf(replay(...args));
    expect(perspectives).toEqual({ both: 0, client: 1, server: 10, none: 0 });
    expect(connections).toBe(9);
  });

  test('documents are ECS, one a connection and interval, by the time of the packets', () => {
    const folder = mkdtempSync(join(tmpdir(), 'podflow-replay-'));
    try {
      const file = join(folder, 'documents.ndjson');
      replay(DEMO_CAPTURE, '--objects', DEMO_OBJECTS, '--documents', 'ecs', '--output-file', file, '--interval', '1s');
      const documents = readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => parse(line) as Record<string, unknown>);
      expect(documents.flatMap(validateEcsDocument)).toEqual([]);
      const ids = documents.map((document) => (document['event'] as { id: string }).id);
      expect(new Set(ids).size).toBe(documents.length);
      expect(documents).toContainEqual(
        expect.objectContaining({
          source: expect.objectContaining({
            kubernetes: expect.objectContaining({ deployment: { name: 'frontend' } }) as unknown,
          }) as unknown,
          destination: expect.objectContaining({
            kubernetes: { namespace: 'shop', service: { name: 'web' } },
          }) as unknown,
        }),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('connections as NDJSON go to stdout, before the summary', () => {
    const lines = replay(TCP_CAPTURE, '--objects', TCP_OBJECTS, '--documents', 'ndjson', '--json');
    const summary = summaryOf(lines);
    expect(lines).toHaveLength(12);
    const frames = lines.slice(0, -1).map((line) => {
      const connection = parse(line) as Record<string, number>;
      return (connection['flow.packets.delta'] ?? 0) + (connection['flow.reverse.packets.delta'] ?? 0);
    });
    expect(frames.reduce((total, count) => total + count, 0)).toBe(summary.packets);
    expect(lines[0]).toContain('"source.k8s.workload.name":"frontend"');
  });

  test('what cannot be is refused at once', () => {
    const both = ['--documents', 'ecs', '--output', 'ndjson'];
    for (const args of [both, ['--objects', TCP_CAPTURE]]) {
      const { status } = spawnSync(process.execPath, [MAIN, 'replay', TCP_CAPTURE, ...args]);
      expect(status).toBe(2);
    }
  });
});
