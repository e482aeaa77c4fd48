import { setTimeout as delay } from 'node:timers/promises';
import { SILENT_LOG } from '../../../src/lib/log.ts';
import type { NetworkNamespace } from '../../../src/lib/network-namespace.ts';
import { TUPLE, TUPLE_WORDS } from '../../../src/nat/conntrack-entry.ts';
import { ConntrackMirror } from '../../../src/nat/conntrack-mirror.ts';
import { EntryMatch } from '../../../src/nat/entry-match.ts';
import { UDP } from '../../support/conntrack-entries.ts';
import { runFlood, startSink } from '../../support/load.ts';
import { createPodPair, SERVER_ADDRESS } from '../../support/pod-pair.ts';

const IDLE_SECONDS = 4;
const SERVICE = '10.96.0.1';
const [SERVICE_WORD, CLIENT_WORD, SERVER_WORD] = [0x0a600001, 0x0ad30001, 0x0ad30002];
/** The load's: flows = source ports × destination ports, the source ports new four times a second. */
const SOURCE_PORTS = 100;
const DESTINATION_PORTS = 21;
const BLOCKS_PER_SECOND = 4;
const FIRST_SOURCE_PORT = 30_000;
const FIRST_DESTINATION_PORT = 10_000;

export interface EventFigures {
  /** Made through the rule, as the rule itself counts them. */
  readonly connections: number;
  readonly connectionsPerSecond: number;
  readonly resolved: number;
  readonly resolvedPercent: number;
  readonly events: number;
  readonly overruns: number;
  /** CPU time of this process, polling and all, for each event. */
  readonly cpuMicrosPerEvent: number;
  /** The same without what it costs when nothing happens. */
  readonly cpuMicrosPerEventAboveIdle: number;
  readonly idlePercentOfCore: number;
}

/** New connections through a DNAT rule at more than 8,000 a second, and what following them costs. */
export async function measureEvents(seconds: number): Promise<EventFigures> {
  const pair = await createPodPair();
  const { client, server } = pair;
  const mirror = new ConntrackMirror({ source: 'netlink', namespacePath: client.path }, SILENT_LOG);
  try {
    client.run('ip', 'route', 'add', `${SERVICE}/32`, 'via', SERVER_ADDRESS);
    client.run(
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
      SERVER_ADDRESS,
    );
    const sink = await startSink(server, SERVER_ADDRESS, DESTINATION_PORTS);
    await mirror.start();
    const idle = await measureCpu(async () => delay(IDLE_SECONDS * 1_000));
    const startMs = performance.now();
    const load = await measureCpu(async () => {
      await runFlood(client, {
        destination: SERVICE,
        sourcePorts: SOURCE_PORTS,
        destinationPorts: DESTINATION_PORTS,
        // A little more than there are flows, so that none is left out.
        packetsPerSecond: 1.02 * SOURCE_PORTS * DESTINATION_PORTS * BLOCKS_PER_SECOND,
        seconds,
        payloadBytes: 16,
        blocks: BLOCKS_PER_SECOND * seconds,
      });
      mirror.catchUp();
    });
    sink.kill('SIGKILL');
    const connections = countRule(client);
    const resolved = countResolved(mirror, startMs, BLOCKS_PER_SECOND * seconds);
    const { eventsByKind, overruns } = mirror.counters();
    const events = eventsByKind.new + eventsByKind.update + eventsByKind.destroy;
    const idleMicros = (idle.cpuMicros / idle.wallMs) * load.wallMs;
    return {
      connections,
      connectionsPerSecond: Math.round(connections / (load.wallMs / 1e3)),
      resolved,
      resolvedPercent: (100 * resolved) / connections,
      events,
      overruns,
      cpuMicrosPerEvent: rounded(load.cpuMicros / events),
      cpuMicrosPerEventAboveIdle: rounded((load.cpuMicros - idleMicros) / events),
      idlePercentOfCore: rounded(idle.cpuMicros / 10 / idle.wallMs),
    };
  } finally {
    await mirror.stop();
    pair.close();
  }
}

async function measureCpu(work: () => Promise<void>): Promise<{ cpuMicros: number; wallMs: number }> {
  const [startMs, start] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(start);
  return { cpuMicros: user + system, wallMs: performance.now() - startMs };
}

/** Packets of the nat table's rule: it sees the first of each connection only. */
function countRule(namespace: NetworkNamespace): number {
  const listing = namespace.run('iptables', '-t', 'nat', '-L', 'OUTPUT', '-v', '-x', '-n');
  return Number(/^\s*(\d+)\s+\d+\s+DNAT/m.exec(listing)?.[1] ?? NaN);
}

/** How many of the load's tuples the mirror tells to have gone to the server. */
function countResolved(mirror: ConntrackMirror, startMs: number, blocks: number): number {
  const tuple = new Uint32Array(TUPLE_WORDS);
  tuple[TUPLE.source] = CLIENT_WORD;
  tuple[TUPLE.destination] = SERVICE_WORD;
  const match = new EntryMatch();
  const time = { startMs, endMs: performance.now(), isFirst: false };
  let resolved = 0;
  for (let from = 0; from < SOURCE_PORTS * blocks; from++)
    for (let to = 0; to < DESTINATION_PORTS; to++) {
      tuple[TUPLE.ports] = (((FIRST_SOURCE_PORT + from) << 16) | (FIRST_DESTINATION_PORT + to)) >>> 0;
      const isFound = mirror.resolve(tuple, false, UDP, time, match) && match.isTranslated && !match.isDelivered;
      if (isFound && match.other[TUPLE.destination] === SERVER_WORD) resolved++;
    }
  return resolved;
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}
