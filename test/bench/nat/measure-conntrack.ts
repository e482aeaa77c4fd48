import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SILENT_LOG } from '../../../src/lib/log.ts';
import { NetworkNamespace } from '../../../src/lib/network-namespace.ts';
import { ConntrackMirror } from '../../../src/nat/conntrack-mirror.ts';
import { createKernelEntries } from '../../support/conntrack-messages.ts';
import { atLeast, atMost, type Goal } from '../support/goal.ts';
import { tellProgress } from '../support/progress.ts';
import { toSpread } from '../support/spread.ts';
import { BENCH_ENTRIES, bulkEntries } from './bulk-entries.ts';
import { measureDump } from './measure-dump.ts';
import { measureEvents } from './measure-events.ts';
import { measureLookups } from './measure-lookups.ts';

export interface ConntrackBenchOptions {
  /** How long new connections are made; 30 is what the goals are for. */
  readonly seconds: number;
  /** Dumps, and rounds of lookups. */
  readonly rounds: number;
}

export interface ConntrackBench {
  readonly figures: object;
  readonly goals: Readonly<Record<string, Goal>>;
}

const MEMORY_PROCESS = fileURLToPath(new URL('memory-process.ts', import.meta.url));
/** What deploy/podflow.sh gives to node. */
const PODFLOW_FLAGS = ['--max-semi-space-size=1'];

/** The conntrack mirror in network namespaces of its own: cost of events, of a dump, memory, speed of lookups. Root. */
export async function measureConntrack({ seconds, rounds }: ConntrackBenchOptions): Promise<ConntrackBench> {
  tellProgress(`conntrack: new translated connections for ${seconds} s`);
  const events = await measureEvents(seconds);
  const namespace = await NetworkNamespace.create('entries');
  try {
    namespace.run('iptables', '-t', 'nat', '-A', 'OUTPUT', '-d', '10.96.0.1', '-j', 'DNAT', '--to', '10.200.0.1');
    tellProgress(`conntrack: ${BENCH_ENTRIES} entries: dump, lookups, memory`);
    createKernelEntries(namespace.path, bulkEntries());
    const dumps = await measureDump(namespace.path, rounds);
    const mirror = new ConntrackMirror({ source: 'netlink', namespacePath: namespace.path }, SILENT_LOG);
    await mirror.start();
    const lookups = toSpread(measureLookups(mirror, rounds));
    await mirror.stop();
    const memoryMib = toSpread(Array.from({ length: 3 }, () => measureMemory(namespace.path)));
    const [dumpSeconds, blockMs] = [toSpread(dumps.seconds), toSpread(dumps.blockMs)];
    return {
      figures: { events, dumpSeconds, dumpBlockMs: blockMs, memoryMib, lookupsPerCpuSecond: lookups },
      goals: {
        connectionsPerSecond: atLeast(8_000, events.connectionsPerSecond),
        resolvedPercent: atLeast(100, events.resolvedPercent),
        overruns: atMost(0, events.overruns),
        cpuMicrosPerEvent: atMost(4, events.cpuMicrosPerEvent),
        dumpSeconds: atMost(0.5, dumpSeconds.median),
        dumpBlockMs: atMost(10, blockMs.median),
        memoryMib: atMost(40, memoryMib.median),
        lookupsPerCpuSecond: atLeast(5e6, lookups.median),
      },
    };
  } finally {
    namespace.close();
  }
}

/** Growth of a process by a mirror of all entries. */
function measureMemory(namespacePath: string): number {
  const args = [...PODFLOW_FLAGS, MEMORY_PROCESS, namespacePath];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as number;
}
