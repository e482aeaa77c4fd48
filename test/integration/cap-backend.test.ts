import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { CapBackend, type CapBackendOptions } from '../../src/capture/cap/cap-backend.ts';
import { FileBackend } from '../../src/capture/file/file-backend.ts';
import { LinkMonitor } from '../../src/capture/interface/link-monitor.ts';
import { SILENT_LOG, type Log } from '../../src/lib/log.ts';
import { connectNamespaces } from '../../src/lib/network-namespace.ts';
import { SEEN } from '../../src/model/flow-delta.ts';
import { USUAL_TUNNEL_PORTS } from '../../src/model/tunnel-port.ts';
import { CollectingSink, readKey } from '../support/collecting-sink.ts';
import { DeltaCollector } from '../support/delta-collector.ts';
import { readPcapFrames, sendFrames } from '../support/frame-sender.ts';
import { outputOf, runFlood, startHttpServer, startSink } from '../support/load.ts';
import { toAccounted } from '../support/loss-identity.ts';
import { ethernet, ipv4, udp, vxlan } from '../support/packet-builder.ts';
import { CLIENT_ADDRESS, createPodPair, SERVER_ADDRESS, type PodPair } from '../support/pod-pair.ts';
import { describeWithRights } from '../support/requirements.ts';
import { waitFor } from '../support/wait-for.ts';

const SINK_PORTS = 20;
const BACKEND = new URL('../../src/capture/cap/cap-backend.ts', import.meta.url).href;

describeWithRights('cap backend', ['cc', 'ping', 'setpriv'], () => {
  let pods: PodPair;
  let backend: CapBackend;
  let warnings: string[];
  let servers: ChildProcess[];

  const log: Log = { ...SILENT_LOG, warn: (_fields, message) => warnings.push(message) };

  function create(options: Partial<CapBackendOptions> = {}): CapBackend {
    const namespacePath = pods.client.path;
    backend = new CapBackend(
      { interfaceName: 'eth0', namespacePath, intervalMs: 500, maxFlows: 10_000, ...options },
      log,
    );
    return backend;
  }

  function checkIdentity(): void {
    const counters = backend.counters();
    expect(toAccounted(counters)).toEqual({ frames: counters.interfaceFrames, bytes: counters.interfaceBytes });
  }

  async function flood(packetsPerSecond: number, sourcePorts: number, seconds = 2): Promise<number> {
    servers.push(await startSink(pods.server, SERVER_ADDRESS, SINK_PORTS));
    const load = { destination: SERVER_ADDRESS, destinationPorts: SINK_PORTS, payloadBytes: 64 };
    return (await runFlood(pods.client, { ...load, sourcePorts, packetsPerSecond, seconds })).sent;
  }

  function ping(count: number, ...options: readonly string[]): Promise<string> {
    const args = ['-c', String(count), '-i', '0.02', '-W', '1', ...options, SERVER_ADDRESS];
    return outputOf(pods.client.spawn('ping', args, { stdio: ['ignore', 'pipe', 'inherit'] }));
  }

  beforeEach(async () => {
    warnings = [];
    servers = [];
    pods = await createPodPair();
  });

  afterEach(async () => {
    await backend.stop();
    for (const server of servers) server.kill('SIGKILL');
    pods.close();
  });

  test('steady traffic: frames and bytes of all flows are what the interface counted', async () => {
    const sink = new DeltaCollector();
    await create().start(sink);
    const sent = await flood(5000, 50);
    await backend.stop();
    checkIdentity();
    const { attributedFrames, attributedBytes, missedFrames } = backend.counters();
    expect({ frames: sink.frames, bytes: sink.bytes }).toEqual({ frames: attributedFrames, bytes: attributedBytes });
    expect(attributedFrames + missedFrames).toBeGreaterThanOrEqual(sent);
    expect(missedFrames).toBeLessThan(sent / 2);
    expect(sink.flows.size).toBeGreaterThanOrEqual(1000);
    expect(sink.intervals).toBeGreaterThan(3);
  }, 30_000);

  test('a flood beyond its speed: what it says it missed makes up the rest', async () => {
    const sink = new DeltaCollector();
    await create().start(sink);
    const sent = await flood(0, 50);
    await backend.stop();
    checkIdentity();
    expect(backend.counters().missedFrames).toBeGreaterThan(0);
    expect(sink.frames).toBeGreaterThan(sent / 50);
  }, 30_000);

  test('a full flow map is handed over early', async () => {
    const sink = new DeltaCollector();
    await create({ maxFlows: 100, intervalMs: 60_000 }).start(sink);
    await flood(2000, 50);
    await backend.stop();
    checkIdentity();
    expect(sink.earlyDrains).toBeGreaterThan(10);
    expect(backend.counters().unattributedFrames).toBe(0);
  }, 30_000);

  test('directions, times of a handshake, and an ICMP error', async () => {
    const sink = new CollectingSink();
    const beforeNs = Date.now() * 1e6;
    await create().start(sink);
    servers.push(await startHttpServer(pods.server, SERVER_ADDRESS, 8080, 1000));
    const url = `http://${SERVER_ADDRESS}:8080/`;
    const script = `fetch('${url}').then((r) => r.text()).then(() => require('dgram').createSocket('udp4').send('x', 9, '${SERVER_ADDRESS}', () => process.exit()))`;
    await outputOf(pods.client.spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] }));
    await delay(100);
    await backend.stop();
    checkIdentity();
    const http = sink.all().filter(({ key }) => key.includes('|8080|6|'));
    const [client, server] = [http.map(({ sides }) => sides[0]), http.map(({ sides }) => sides[1])];
    const handshakeNs = Number((server[0]?.synNs ?? 0n) - (client[0]?.synNs ?? 0n));
    expect(client[0]?.seen).toBe(SEEN.syn | SEEN.outgoing | SEEN.sequence);
    expect(server[0]?.seen).toBe(SEEN.synAck | SEEN.incoming | SEEN.sequence);
    expect(handshakeNs).toBeGreaterThan(0);
    expect(handshakeNs).toBeLessThan(1e9);
    const startNs = Number(client[0]?.firstNs) + sink.clockOffsetNs;
    expect(startNs).toBeGreaterThan(beforeNs);
    expect(startNs).toBeLessThan(Date.now() * 1e6);
    expect(sink.errors).toMatchObject([{ type: 3, code: 3, reporterAddress: SERVER_ADDRESS, quotedSide: 0 }]);
    const quoted = readKey(sink.errors[0]?.quotedKey ?? new Uint8Array(16)).split('|');
    expect(quoted.toSpliced(1, 1)).toEqual([CLIENT_ADDRESS, SERVER_ADDRESS, '9', '17', '0', '0']);
  }, 30_000);

  test.each(['tcp.pcap', 'protocols.pcap', 'dns.pcap', 'fragments.pcap', 'vlan.pcap'])(
    '%s, sent through the interface, gives the flows and DNS messages that the file gives',
    async (name) => {
      for (const pod of [pods.client, pods.server]) {
        pod.run('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1');
        pod.run('ip', 'addr', 'flush', 'dev', 'eth0');
      }
      const path = new URL(`../fixtures/captures/${name}`, import.meta.url);
      const [live, file] = [new DeltaCollector(), new DeltaCollector()];
      await create({ intervalMs: 60_000 }).start(live);
      const monitor = LinkMonitor.open(pods.client.path);
      sendFrames(pods.client.path, monitor.read('eth0')?.ifindex ?? 0, readPcapFrames(path));
      monitor.close();
      await backend.stop();
      const options = { path: fileURLToPath(path), intervalMs: 3_600_000, maxFlows: 1000 };
      const replay = new FileBackend(options, SILENT_LOG);
      await replay.start(file);
      await replay.done;
      for (const flow of [...live.flows.values(), ...file.flows.values()])
        for (const side of flow.sides) side.seen &= ~(SEEN.outgoing | SEEN.incoming);
      expect(live.flows).toEqual(file.flows);
      const withoutTime = (sink: DeltaCollector): object[] => sink.dnsMessages.map((one) => ({ ...one, timeNs: 0 }));
      expect(withoutTime(live)).toEqual(withoutTime(file));
      expect(backend.counters().nonIpFrames).toBe(replay.counters().nonIpFrames);
    },
  );

  test('the loopback device: each frame once, without the header it does not count', async () => {
    const sink = new DeltaCollector();
    await create({ interfaceName: 'lo' }).start(sink);
    pods.client.run('ping', '-c', '3', '-i', '0.02', '127.0.0.1');
    await backend.stop();
    checkIdentity();
    expect(sink.frames).toBe(6);
    expect(sink.bytes).toBe(6 * 84);
  }, 30_000);

  test('an interface that goes down and comes back: the probe lives, and sees again', async () => {
    const sink = new DeltaCollector();
    await create().start(sink);
    await ping(5);
    await waitFor('the first interval', () => sink.frames >= 10);
    pods.client.run('ip', 'link', 'set', 'eth0', 'down');
    await waitFor('the end of the capture process', () => warnings.some((text) => text.includes('process ended')));
    pods.client.run('ip', 'link', 'set', 'eth0', 'up');
    await waitFor('frames again', async () => {
      await ping(1).catch(() => undefined);
      return sink.frames >= 12;
    });
    await backend.stop();
    checkIdentity();
  }, 30_000);

  test('an interface that is deleted and made anew is followed', async () => {
    const sink = new DeltaCollector();
    await create().start(sink);
    await ping(5);
    await waitFor('the first interval', () => sink.frames >= 10);
    await delay(400); // what an interface counted since it was last asked goes with it
    pods.client.run('ip', 'link', 'del', 'eth0');
    await delay(500);
    connectNamespaces(pods.client, 'eth0', pods.server, 'eth0');
    pods.client.run('ip', 'addr', 'add', `${CLIENT_ADDRESS}/24`, 'dev', 'eth0');
    pods.server.run('ip', 'addr', 'add', `${SERVER_ADDRESS}/24`, 'dev', 'eth0');
    await waitFor('frames again', async () => {
      await ping(1).catch(() => undefined);
      return sink.frames >= 12;
    });
    await backend.stop();
    checkIdentity();
  }, 30_000);

  test('an interface that is down at the start is waited for', async () => {
    pods.client.run('ip', 'link', 'set', 'eth0', 'down');
    const sink = new DeltaCollector();
    await create().start(sink);
    pods.client.run('ip', 'link', 'set', 'eth0', 'up');
    await waitFor('frames', async () => {
      await ping(1).catch(() => undefined);
      return sink.frames > 0;
    });
    await backend.stop();
    checkIdentity();
  }, 30_000);

  test('tunnels: their numbers go on when the capture process is another', async () => {
    const sink = new DeltaCollector();
    const inner = ethernet(ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 17 }, udp(5, 6, 'inner')));
    const outer = { source: '192.0.2.1', destination: '192.0.2.2', protocol: 17 };
    const send = (id: number): void => {
      const monitor = LinkMonitor.open(pods.client.path);
      const frame = ethernet(ipv4(outer, udp(50_000, 4789, vxlan(id, inner))));
      sendFrames(pods.client.path, monitor.read('eth0')?.ifindex ?? 0, [frame]);
      monitor.close();
    };
    const points = (): number[] => [...sink.flows.values()].filter((flow) => flow.ports[0] === 5).map((f) => +f.point);
    await create({ decapsulate: USUAL_TUNNEL_PORTS }).start(sink);
    send(111);
    await waitFor('the first tunnel', () => points().length === 1);
    pods.client.run('ip', 'link', 'set', 'eth0', 'down');
    await waitFor('the end of the capture process', () => warnings.some((text) => text.includes('process ended')));
    pods.client.run('ip', 'link', 'set', 'eth0', 'up');
    await waitFor('the second tunnel', () => {
      send(222);
      return points().length === 2;
    });
    const tunnels = points().map((point) => backend.resolvePoint(point).tunnel);
    const addresses = { type: 'vxlan', address0: '192.0.2.1', address1: '192.0.2.2' };
    expect(tunnels).toEqual([
      { ...addresses, id: 111 },
      { ...addresses, id: 222 },
    ]);
    expect(backend.resolvePoint(points()[0] ?? 0).interfaceName).toBe('eth0');
    await backend.stop();
    checkIdentity();
  }, 30_000);

  test('an interface that is not there is refused with what there is', async () => {
    await expect(create({ interfaceName: 'eth7' }).start(new DeltaCollector())).rejects.toMatchObject({
      code: 'INTERFACE_NOT_FOUND',
      message: expect.stringContaining('eth0'),
    });
  });

  test('without NET_RAW it says which right is missing', async () => {
    create();
    const script = `import { CapBackend } from '${BACKEND}';
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const backend = new CapBackend({ interfaceName: 'lo', intervalMs: 1000, maxFlows: 10 }, log);
      await backend.start({}).catch((error) => console.log(error.code, error.exitCode));`;
    const dropped = ['--bounding-set', '-net_raw', '--inh-caps', '-net_raw'];
    const args = [...dropped, process.execPath, '--input-type=module', '-e', script];
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    expect(await outputOf(spawn('setpriv', args, { stdio: [...stdio] }))).toBe('CAPTURE_RIGHT_MISSING 3\n');
  });

  test('the capture process ends with podflow, even when that is killed', async () => {
    create();
    const script = `import { CapBackend } from '${BACKEND}';
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const options = { interfaceName: 'eth0', namespacePath: '${pods.client.path}', intervalMs: 1000, maxFlows: 10 };
      await new CapBackend(options, log).start({});
      console.log('capturing');`;
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const podflow = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: [...stdio] });
    await once(podflow.stdout, 'data');
    const children = readFileSync(`/proc/${podflow.pid}/task/${podflow.pid}/children`, 'utf8').trim();
    expect(children).toMatch(/^\d+$/);
    podflow.kill('SIGKILL');
    await waitFor('the end of the capture process', () => !existsSync(`/proc/${children}`));
  });
});
