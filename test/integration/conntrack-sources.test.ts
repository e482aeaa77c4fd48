import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { NetworkNamespace } from '../../src/lib/network-namespace.ts';
import { ConntrackMirror, type ConntrackMirrorOptions } from '../../src/nat/conntrack-mirror.ts';
import { toMonotonicMs } from '../../src/nat/monotonic-time.ts';
import { entryFacts, ICMP, SCTP, UDP } from '../support/conntrack-entries.ts';
import { createKernelEntries, type EntryFacts } from '../support/conntrack-messages.ts';
import { countKernelEntries, findDifferences } from '../support/kernel-entries.ts';
import { runFlood, startSink } from '../support/load.ts';
import { lookUp } from '../support/nat-table.ts';
import { describeWithRights } from '../support/requirements.ts';
import { waitFor } from '../support/wait-for.ts';

const SERVICE = '10.96.0.10';

/** Entries that no packet made: distinct ones for each `first`. */
function* bulk(first: number, count: number): Iterable<EntryFacts> {
  for (let i = first; i < first + count; i++) {
    const client = `10.${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
    yield entryFacts(`${client}:1000>${SERVICE}:53`, `10.200.0.9:5353>${client}:1000`, { protocol: UDP });
  }
}

for (const source of ['netlink', 'command'] as const)
  describeWithRights(`conntrack by ${source}`, ['conntrack', 'iptables', 'ip', 'cc'], () => {
    let namespace: NetworkNamespace;
    let mirror: ConntrackMirror | undefined;

    beforeAll(async () => {
      namespace = await NetworkNamespace.create('conntrack');
      namespace.run('ip', 'addr', 'add', '10.0.0.1/8', 'dev', 'lo');
      // The rule makes the kernel track connections here.
      namespace.run(
        'iptables',
        '-t',
        'nat',
        '-A',
        'OUTPUT',
        '-d',
        SERVICE,
        '-p',
        'udp',
        '-j',
        'DNAT',
        '--to',
        '127.0.0.1',
      );
    });
    afterEach(async () => {
      await mirror?.stop();
      namespace.run('conntrack', '-F');
    });
    afterAll(() => namespace.close());

    async function start(options: ConntrackMirrorOptions = {}): Promise<ConntrackMirror> {
      mirror = new ConntrackMirror({ source, namespacePath: namespace.path, ...options }, SILENT_LOG);
      await mirror.start();
      return mirror;
    }

    async function untilSame(what: ConntrackMirror): Promise<void> {
      await waitFor(
        'the mirror to hold what the kernel holds',
        () => {
          const { entries, endedEntries, isSynchronised } = what.counters();
          return isSynchronised && entries - endedEntries === countKernelEntries(namespace);
        },
        15_000,
      );
      expect(findDifferences(namespace, what)).toEqual([]);
    }

    test('entries that existed before the start are known, of every kind', async () => {
      createKernelEntries(namespace.path, [
        entryFacts('10.1.0.7:51034>10.96.0.1:80', '10.2.0.9:8080>10.1.0.7:51034'),
        entryFacts('[fd00:1::7]:51034>[fd00:96::1]:80', '[fd00:2::9]:8080>[fd00:1::7]:51034'),
        entryFacts('10.1.0.7:5>10.96.0.1:6', '10.2.0.9:7>10.1.0.7:5', { protocol: SCTP }),
        entryFacts('10.1.0.7>192.0.2.1', '192.0.2.1>172.18.0.3', { protocol: ICMP }),
        entryFacts('10.1.0.7:51034>10.96.0.1:80', '10.2.0.5:8080>10.1.0.7:51034', { zone: 5 }),
        ...bulk(0, 5_000),
      ]);
      const { resolve, counters } = bound(await start());
      expect(counters()).toMatchObject({ source, isSynchronised: true, entries: 5_005, malformedMessages: 0 });
      expect(counters().dumpsByReason).toEqual({ start: 1, overrun: 0, periodic: 0 });
      expect(resolve('10.1.0.7:51034>10.96.0.1:80')?.other).toBe('10.1.0.7:51034>10.2.0.9:8080');
      expect(resolve('[fd00:2::9]:8080>[fd00:1::7]:51034')).toMatchObject({ isDelivered: true, isReversed: true });
      expect(resolve('10.1.0.7:5>10.96.0.1:6', SCTP)?.other).toBe('10.1.0.7:5>10.2.0.9:7');
      expect(resolve('10.1.0.7>192.0.2.1', ICMP, 8)?.other).toBe('172.18.0.3>192.0.2.1');
      expect(resolve(`10.1.19.135:1000>${SERVICE}:53`, UDP)?.other).toBe('10.1.19.135:1000>10.200.0.9:5353');
    });

    test('events are followed: real traffic through a rule', async () => {
      const running = await start();
      const sink = await startSink(namespace, '127.0.0.1', 20);
      try {
        const flood = { destination: SERVICE, sourcePorts: 100, destinationPorts: 20, packetsPerSecond: 20_000 };
        await runFlood(namespace, { ...flood, seconds: 1, payloadBytes: 10 });
      } finally {
        sink.kill('SIGKILL');
      }
      await untilSame(running);
      expect(countKernelEntries(namespace)).toBe(2_000);
      // The program may lose events on a busy machine: it leaves its event socket with the kernel's default buffer.
      if (source === 'netlink') {
        expect(running.counters()).toMatchObject({ overruns: 0, dumpsByReason: { start: 1, overrun: 0 } });
        expect(running.counters().eventsByKind.new).toBe(2_000);
      }
      createKernelEntries(namespace.path, [
        entryFacts('[fd00:1::7]:51034>[fd00:96::1]:80', '[fd00:2::9]:8080>[fd00:1::7]:51034'),
      ]);
      await untilSame(running);
      namespace.run('conntrack', '-D', '-p', 'udp', '--orig-port-dst', '10003');
      await waitFor('the deleted to end', () => running.counters().endedEntries >= 100);
      await untilSame(running);
    });

    test('a lost event is noticed, and the mirror is right again', async () => {
      const running = await start({ receiveBufferBytes: 4_096 });
      createKernelEntries(namespace.path, bulk(0, 30_000));
      await waitFor('the loss', () => running.counters().overruns > 0);
      await untilSame(running);
      expect(running.counters().eventsByKind.new).toBeLessThan(30_000);
      expect(running.counters().dumpsByReason.overrun).toBeGreaterThan(0);
      namespace.run('conntrack', '-F');
      await untilSame(running);
      expect(countKernelEntries(namespace)).toBe(0);
    });

    test('a table that is emptied under load', async () => {
      const running = await start();
      for (let round = 0; round < 4; round++) {
        createKernelEntries(namespace.path, bulk(round * 3_000, 3_000));
        namespace.run('conntrack', '-F');
        createKernelEntries(namespace.path, bulk(round * 3_000 + 1_000, 1_500));
        await delay(20);
      }
      await untilSame(running);
      expect(countKernelEntries(namespace)).toBe(1_500);
    });

    test('entries that end without an event are found by reading everything anew', async () => {
      namespace.run('sysctl', '-qw', 'net.netfilter.nf_conntrack_events=0');
      createKernelEntries(namespace.path, bulk(0, 1_000));
      namespace.run('sysctl', '-qw', 'net.netfilter.nf_conntrack_events=2');
      const running = await start({ resyncMs: 300 });
      expect(running.counters().entries).toBe(1_000);
      namespace.run('conntrack', '-F');
      await waitFor('the sweep', () => running.counters().endedEntries === 1_000);
      expect(running.counters().dumpsByReason.periodic).toBeGreaterThan(0);
      expect(running.counters().eventsByKind.destroy).toBe(0);
    });

    test('a tuple that is used again in TIME_WAIT: each connection has its own backend', async () => {
      const running = await start();
      const connect = connectThrough(namespace);
      const server = namespace.spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        await new Promise((resolve) => server.stdout?.once('data', resolve));
        const firstMs = connect('127.0.0.1:8081');
        await delay(600);
        const secondMs = connect('127.0.0.1:8082');
        await delay(400);
        const { resolve } = bound(running);
        const at = (startMs: number): string | undefined =>
          resolve(TIME_WAIT_TUPLE, 6, 0, startMs)?.other?.split('>')[1];
        expect([at(firstMs), at(secondMs)]).toEqual(['127.0.0.1:8081', '127.0.0.1:8082']);
        await untilSame(running);
      } finally {
        server.kill('SIGKILL');
      }
    });

    test('a source that is started again begins anew', async () => {
      const running = await start();
      createKernelEntries(namespace.path, bulk(0, 100));
      await untilSame(running);
      await running.stop();
      namespace.run('conntrack', '-F');
      createKernelEntries(namespace.path, bulk(50, 100));
      await running.start();
      await untilSame(running);
      expect(running.counters().dumpsByReason.start).toBe(2);
    });
  });

const TIME_WAIT_TUPLE = '10.0.0.1:40000>10.96.0.11:80';
/** Closes first, so that it is the server's end that stays in TIME_WAIT and the client may use its port again. */
const SERVER = `for (const port of [8081, 8082])
  require('net').createServer((s) => s.end('x')).listen(port, '127.0.0.1', () => port === 8082 && console.log('ready'));`;
const CLIENT = `process.stdout.write(String(Date.now()));
  require('net').connect({ host: '10.96.0.11', port: 80, localAddress: '10.0.0.1', localPort: 40000 })
  .on('error', (error) => { throw error; }).on('end', () => setTimeout(() => process.exit(), 100)).resume();`;

/** Connects from one fixed port to a Service whose backend is changed each time; tells when, on the monotonic clock. */
function connectThrough(namespace: NetworkNamespace): (backend: string) => number {
  return (backend) => {
    const rule = ['OUTPUT', '-d', '10.96.0.11', '-p', 'tcp', '-j', 'DNAT', '--to', backend] as const;
    namespace.run('iptables', '-t', 'nat', '-I', ...rule);
    try {
      return toMonotonicMs(Number(namespace.run(process.execPath, '-e', CLIENT)) * 1e6);
    } finally {
      namespace.run('iptables', '-t', 'nat', '-D', ...rule);
    }
  };
}

interface Bound {
  resolve(text: string, protocol?: number, icmpType?: number, startMs?: number): ReturnType<typeof lookUp>;
  counters: ConntrackMirror['counters'];
}

function bound(mirror: ConntrackMirror): Bound {
  return {
    resolve: (text, protocol = 6, icmpType = 0, startMs = performance.now()) =>
      lookUp(mirror, text, { protocol, icmpType, startMs, endMs: startMs + 50, isFirst: true }),
    counters: () => mirror.counters(),
  };
}
