import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findFreePorts } from '../../src/roles/demo/free-ports.ts';
import { ClientSocket } from '../support/namespace-socket.ts';
import { NodeNetwork, type NodePod } from '../support/node-network.ts';
import { NodeRun } from '../support/node-run.ts';
import { OtlpReceiver } from '../support/otlp-receiver.ts';
import { OWN_LOOPBACK } from '../support/own-loopback.ts';
import { ProbeRun } from '../support/probe-run.ts';
import { parsePrometheusText, sumOf } from '../support/prometheus-text.ts';
import { describeWithRights } from '../support/requirements.ts';
import { waitFor } from '../support/wait-for.ts';

const run = promisify(execFile);
const MODULE = fileURLToPath(new URL('../../src/capture/drops/kernel-drops.ts', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const SERVICE = { address: '10.96.0.10', port: 80 };
const TARGET_PORT = 8080;
const NO_METRICS = ['--metrics-port', 'off'];

type Told = Readonly<Record<string, unknown>>;

describeWithRights('podflow node tells what the kernel drops', ['ip', 'iptables', 'conntrack'], () => {
  let network: NodeNetwork;
  let client: NodePod;
  let server: NodePod;
  let receiver: OtlpReceiver;
  let node: NodeRun;
  let port: number;

  beforeAll(async () => {
    network = await NodeNetwork.create();
    client = await network.addPod('routed');
    server = await network.addPod('routed');
    // As kube-proxy translates a Service, and as a policy engine drops behind it.
    const to = ['-d', SERVICE.address, '-p', 'tcp', '--dport', String(SERVICE.port)];
    const target = `${server.address}:${TARGET_PORT}`;
    network.node.run('iptables', '-w', '-t', 'nat', '-A', 'PREROUTING', ...to, '-j', 'DNAT', '--to', target);
    network.node.run('iptables', '-w', '-A', 'FORWARD', '-d', server.address, '-p', 'tcp', '-j', 'DROP');
  }, 30_000);

  afterEach(async () => {
    node.kill();
    await receiver.close();
  });

  afterAll(() => network.close());

  async function startNode(mode: 'on' | 'off', ...args: string[]): Promise<void> {
    receiver = await OtlpReceiver.start();
    [port = 0] = await findFreePorts(1);
    const where = ['--host-netns', network.node.path, '--otlp-endpoint', receiver.url];
    node = new NodeRun(port, ['--kernel-drops', mode, ...where, ...args]);
    await node.untilListening();
  }

  /** Dials the Service in vain; returns the client's port. */
  async function dial(): Promise<number> {
    const local = { address: '0.0.0.0', port: 0 };
    const socket = new ClientSocket({ namespacePath: client.namespace.path, protocol: 'tcp', local });
    expect(await socket.connect(SERVICE, 1_500)).toBe('ETIMEDOUT');
    const { port: own } = socket.local;
    socket.close();
    return own;
  }

  function expectJoined(sourcePort: number): void {
    const told: Told[] = receiver.records.map(({ attributes }) => attributes);
    const ofClient = told.filter((record) => Number(record['source.port']) === sourcePort);
    const evidence = ofClient.filter((record) => record['flow.evidence'] === 'kernel');
    const observed = ofClient.filter((record) => record['flow.evidence'] === undefined);
    expect(evidence.length).toBeGreaterThan(0);
    expect(observed.length).toBeGreaterThan(0);
    for (const record of evidence)
      expect(record).toMatchObject({
        'source.address': client.address,
        'destination.address': server.address,
        'flow.verdict': 'dropped',
        'flow.drop.reason': 'netfilter_drop',
        'flow.drop.detail': 'NETFILTER_DROP',
        'flow.initiator': 'syn',
      });
    for (const record of observed)
      expect(record).toMatchObject({
        'source.address': client.address,
        'destination.address': SERVICE.address,
        'flow.nat.state': 'translated',
        'flow.nat.source.address': client.address,
        'flow.nat.destination.address': server.address,
        'flow.nat.community_id': evidence[0]?.['flow.community_id'],
      });
    expect(observed.map((record) => Number(record['flow.nat.destination.port']))).toEqual(
      observed.map(() => TARGET_PORT),
    );
  }

  test('with --capture: the drop, and the delivered tuple of a connection that conntrack never confirmed', async () => {
    await startNode('on', '--capture', '--interval', '1s', ...NO_METRICS);
    const sourcePort = await dial();
    await delay(1_200);
    expect(await node.stop()).toBe(0);
    expectJoined(sourcePort);
    expect(node.summary.losses.explained).toBe(true);
    expect(node.summary).toMatchObject({ kernelDrops: { packetsByReason: { NETFILTER_DROP: expect.any(Number) } } });
  }, 30_000);

  test('switched off, nothing tells where the packets were going', async () => {
    await startNode('off', '--capture', '--interval', '1s', ...NO_METRICS);
    const sourcePort = await dial();
    await delay(1_200);
    expect(await node.stop()).toBe(0);
    const told = receiver.records.map(({ attributes }) => attributes);
    expect(told.filter((record) => record['flow.evidence'] !== undefined)).toEqual([]);
    const ofClient = told.filter((record) => Number(record['source.port']) === sourcePort);
    expect(new Set(ofClient.map((record) => record['flow.nat.state']))).toEqual(new Set(['unresolved']));
  }, 30_000);

  test('without it: beside the records of the probes, whose intervals are their own', async () => {
    await startNode('on', '--interval', '3s', '--metrics-host', '127.0.0.1', '--metrics-port', '0');
    const where = ['--netns', client.namespace.path, '--otlp-endpoint', `http://${OWN_LOOPBACK}:${port}`];
    const probe = new ProbeRun(['--interface', 'eth0', '--interval', '1s', '--json', ...NO_METRICS, ...where]);
    await probe.untilCapturing();
    const sourcePort = await dial();
    await delay(1_200);
    expect(await probe.stop()).toBe(0);
    const url = /"url":"([^"]+\/metrics)"/.exec(node.stderr)?.[1] ?? '';
    const families = await waitFor('the end of the node’s interval', async () => {
      const read = parsePrometheusText(await (await fetch(url)).text());
      return sumOf(read, 'podflow_kernel_drop_packets_total', { reason: 'NETFILTER_DROP' }) > 1 && read;
    });
    expect(sumOf(families, 'podflow_kernel_drops_active')).toBe(1);
    expect(await node.stop()).toBe(0);
    expectJoined(sourcePort);
    expect(node.summary.losses.explained).toBe(true);
  }, 30_000);
});

/** Opens and starts in a process with these capabilities, in a network namespace of its own; tells how it ended. */
async function startWith(capabilities: string): Promise<Record<string, unknown>> {
  const script = `
    const { KernelDrops } = await import(${JSON.stringify(MODULE)});
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const options = { namespacePath: undefined, procPath: '/proc', intervalMs: 1000 };
    const outcome = await KernelDrops.open(options, log).then(async (drops) => {
      await drops.start(() => {});
      const { isActive } = drops.counters();
      await drops.stop();
      return { isActive };
    }).catch((error) => ({ code: error.code, exitCode: error.exitCode, message: error.message, remedy: error.remedy }));
    console.log(JSON.stringify(outcome));
    process.exit(0);`;
  const node = [process.execPath, '--input-type=module', '-e', script];
  const { stdout } = await run('unshare', ['--net', 'setpriv', `--bounding-set=${capabilities}`, ...node]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describeWithRights('kernel drops and rights', ['unshare', 'setpriv'], () => {
  test('BPF and PERFMON are enough', async () => {
    expect(await startWith('-all,+bpf,+perfmon')).toEqual({ isActive: true });
  });

  test.each([
    ['BPF', '-bpf,-sys_admin'],
    ['PERFMON', '-perfmon,-sys_admin'],
    ['PERFMON and BPF', '-perfmon,-bpf,-sys_admin'],
  ])('without %s it says so, and what to grant', async (lacking, capabilities) => {
    const outcome = await startWith(capabilities);
    expect(outcome).toMatchObject({ code: 'KERNEL_DROPS_UNAVAILABLE', exitCode: 3 });
    expect(outcome['message']).toContain(`lacks ${lacking}:`);
    expect(outcome['remedy']).toMatch(/BPF and PERFMON/);
  });

  describe('as the node role', () => {
    async function runNode(mode: string): Promise<{ code: number | null; stderr: string }> {
      const args = ['node', '--kernel-drops', mode, '--conntrack', 'off', '--listen-port', 'off', '--for', '1s'];
      const command = [process.execPath, MAIN, ...args, ...NO_METRICS];
      const child = execFile('setpriv', ['--bounding-set=-perfmon,-bpf,-sys_admin', ...command]);
      let stderr = '';
      child.stderr?.on('data', (chunk: string) => (stderr += chunk));
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, stderr };
    }

    test('auto goes on without, and tells once what to grant', async () => {
      const { code, stderr } = await runNode('auto');
      expect(code).toBe(0);
      const warnings = stderr.split('\n').filter((line) => line.includes('lacks PERFMON and BPF'));
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('Grant BPF and PERFMON');
    });

    test('on ends with the status of a missing right', async () => {
      const { code, stderr } = await runNode('on');
      expect(code).toBe(3);
      expect(stderr).toContain('lacks PERFMON and BPF');
    });
  });
});
