import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VPC_SAMPLES } from '../support/aws-log-samples.ts';
import { validateEcsDocument } from '../support/ecs-validator.ts';
import { EnrichProcess } from '../support/enrich/enrich-process.ts';
import { sumOf } from '../support/prometheus-text.ts';
import { ROOT } from '../support/source-files.ts';
import { waitFor } from '../support/wait-for.ts';

const OBJECTS = join(ROOT, 'test/fixtures/objects/tcp-cluster.yaml');
const TEST_MS = 60_000;
/** The window in which perspectives are waited for, and more. */
const JOIN_MS = 15_000;

/** A verdict of the agent on what `frontend` sent to `web`, some seconds ago. */
function toVerdict(port: number, verdict: string, timeMs: number): string {
  const msg = `Flow Info: Src IP: 10.0.0.1 Src Port: ${port} Dest IP: 10.0.0.2 Dest Port: 80 Proto TCP Verdict ${verdict} Direction ingress, Tier NETWORK_POLICY`;
  return `${JSON.stringify({ level: 'info', ts: new Date(timeMs).toISOString(), msg })}\n`;
}

describe('evidence that goes to podflow enrich', () => {
  let folder = '';
  let enrich: EnrichProcess;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podflow-evidence-'));
    const documents = ['--documents', 'ecs', '--output-file', join(folder, 'documents.ndjson')];
    enrich = await EnrichProcess.start(0, ['--objects', OBJECTS, ...documents]);
  }, TEST_MS);

  afterEach(async () => {
    await enrich.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  async function send(text: string): Promise<void> {
    const path = join(folder, 'evidence.log');
    writeFileSync(path, text);
    const args = [
      join(ROOT, 'src/main.ts'),
      'evidence',
      path,
      '--otlp-endpoint',
      enrich.url,
      '--node-name',
      'worker-1',
    ];
    await promisify(execFile)(process.execPath, args);
  }

  function readDocuments(): readonly Record<string, unknown>[] {
    const lines = readFileSync(join(folder, 'documents.ndjson'), 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  test(
    'is a denied connection with both ends by name, once, however often its log is read',
    async () => {
      const nowMs = Date.now();
      const startSeconds = Math.floor(nowMs / 1_000) - 90;
      const reject = `2 123456789010 eni-1 10.0.0.1 10.0.0.2 40003 80 6 3 180 ${startSeconds} ${startSeconds + 7} REJECT OK\n`;
      const log =
        toVerdict(40_001, 'DENY', nowMs - 5_000) +
        toVerdict(40_002, 'ACCEPT', nowMs - 5_000) +
        `${VPC_SAMPLES.default_format}\n${reject}`;
      await send(log);
      await waitFor('both documents', () => readDocuments().length >= 2, JOIN_MS);
      await send(log);
      const isRepeated = async (): Promise<boolean> =>
        sumOf(await enrich.metrics(), 'podflow_stitch_records_total', { outcome: 'duplicate' }) === 2;
      await waitFor('the records that come again', isRepeated, JOIN_MS);
      const documents = readDocuments();
      expect(documents).toHaveLength(2);
      for (const document of documents) expect(validateEcsDocument(document)).toEqual([]);
      const byPort = new Map(documents.map((one) => [(one['source'] as { port: number }).port, one]));
      expect(byPort.get(40_001)).toMatchObject({
        event: { outcome: 'failure' },
        source: { ip: '10.0.0.1', kubernetes: { workload: { name: 'frontend' } } },
        destination: { ip: '10.0.0.2', port: 80, kubernetes: { pod: { name: 'web-0' } } },
        podflow: {
          perspectives: 'none',
          evidence: { source: ['network_policy_agent'], detail: ['NETWORK_POLICY'], node: ['worker-1'], packets: 1 },
          drop: { reason: 'policy_agent_deny' },
        },
      });
      expect(byPort.get(40_003)).toMatchObject({
        podflow: { evidence: { source: ['vpc_flow_log'], detail: ['eni-1'], packets: 3, bytes: 180 } },
      });
      const metrics = await enrich.metrics();
      expect(sumOf(metrics, 'podflow_drop_evidence_packets_total', { source: 'network_policy_agent' })).toBe(1);
      expect(sumOf(metrics, 'podflow_drop_evidence_packets_total', { source: 'vpc_flow_log' })).toBe(3);
      expect(sumOf(metrics, 'podflow_stitch_records_total', { outcome: 'late' })).toBe(0);
    },
    TEST_MS,
  );
});
