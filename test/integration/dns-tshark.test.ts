import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { FileBackend } from '../../src/capture/file/file-backend.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { createPodPoint } from '../../src/model/observation-point.ts';
import { FlowPipeline } from '../../src/roles/flow-pipeline.ts';
import { describeWithTools } from '../support/requirements.ts';

const CAPTURES = ['../../src/roles/demo/demo.pcapng', '../fixtures/captures/dns.pcap'];
/** Without what ICMP errors quote, headers that are cut, and later fragments. */
const FILTER = 'dns and udp.port == 53 and not icmp and not _ws.malformed and udp.length >= 20';

/** How many messages: `query`, or `response` with its code. */
type Counts = Map<string, number>;

function add(counts: Counts, isResponse: boolean, responseCode: number): void {
  const kind = isResponse ? `response ${responseCode}` : 'query';
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

async function replay(path: string): Promise<Counts> {
  const counts: Counts = new Map();
  const options = { intervalMs: 10_000, idleTimeoutMs: 60_000, activeTimeoutMs: 3_600_000, maxFlows: 10_000 };
  const pipeline = new FlowPipeline(
    {
      ...options,
      ownAddresses: [],
      resolvePoint: createPodPoint('eth0'),
      onDnsMessage: ({ isResponse, responseCode }) => add(counts, isResponse, responseCode),
    },
    [],
  );
  const backend = new FileBackend({ path, intervalMs: 10_000, maxFlows: 10_000 }, SILENT_LOG);
  await backend.start(pipeline.sink);
  await backend.done;
  await backend.stop();
  return counts;
}

function askTshark(path: string): Counts {
  const fields = ['-e', 'dns.flags.response', '-e', 'dns.flags.rcode'];
  const args = ['-r', path, '-o', 'ip.defragment:FALSE', '-Y', FILTER, '-T', 'fields', ...fields];
  const { stdout } = spawnSync('tshark', args, { encoding: 'utf8' });
  const counts: Counts = new Map();
  for (const line of stdout.split('\n').filter((text) => text !== '')) {
    const [response = '', code = ''] = line.split('\t');
    add(counts, response === '1' || response === 'True', Number(code));
  }
  return counts;
}

describeWithTools('DNS messages are those that tshark sees', ['tshark'], () => {
  test.each(CAPTURES)('%s', async (name) => {
    const path = fileURLToPath(new URL(name, import.meta.url));
    const counts = await replay(path);
    expect(counts).toEqual(askTshark(path));
    expect(counts.get('query')).toBeGreaterThan(1);
    expect(counts.get('response 0')).toBeGreaterThan(0);
  });
});
