import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { NetworkNamespace } from '../../src/lib/network-namespace.ts';
import { PodflowError } from '../../src/lib/podflow-error.ts';
import { ConntrackMirror } from '../../src/nat/conntrack-mirror.ts';
import { NetlinkConntrackSource } from '../../src/nat/netlink-conntrack-source.ts';
import { entryFacts } from '../support/conntrack-entries.ts';
import { createKernelEntries } from '../support/conntrack-messages.ts';
import type { MirrorReport } from '../support/conntrack-mirror-process.ts';
import { describeWithRights } from '../support/requirements.ts';
import { waitFor } from '../support/wait-for.ts';

const MIRROR_PROCESS = new URL('../support/conntrack-mirror-process.ts', import.meta.url).pathname;
const WITHOUT_NET_ADMIN = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin'];
const ENTRY = entryFacts('10.1.0.7:51034>10.96.0.1:80', '10.2.0.9:8080>10.1.0.7:51034');

function runMirror(
  namespace: NetworkNamespace,
  source: string,
  prefix: readonly string[] = [],
  env = process.env,
): MirrorReport {
  const command = [`--net=${namespace.path}`, ...prefix, process.execPath, MIRROR_PROCESS, source];
  return JSON.parse(execFileSync('/usr/bin/nsenter', command, { encoding: 'utf8', env })) as MirrorReport;
}

/** Processes of this one that run `conntrack -E`. */
function findListeners(): number[] {
  const children = readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
  );
  return children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('conntrack\0-E\0'));
}

describeWithRights('conntrack where it cannot be read', ['conntrack', 'iptables', 'setpriv', 'nsenter'], () => {
  let namespace: NetworkNamespace;
  beforeAll(async () => {
    namespace = await NetworkNamespace.create('forbidden');
    namespace.run(
      'iptables',
      '-t',
      'nat',
      '-A',
      'OUTPUT',
      '-d',
      '10.96.0.1',
      '-p',
      'tcp',
      '-j',
      'DNAT',
      '--to',
      '10.2.0.9',
    );
    createKernelEntries(namespace.path, [ENTRY]);
  });
  afterAll(() => namespace.close());

  test.each(['auto', 'netlink', 'command'])(
    'without NET_ADMIN, %s: nothing is known, it says why, once, and goes on',
    (source) => {
      const { counters, warnings, natState } = runMirror(namespace, source, WITHOUT_NET_ADMIN);
      expect(counters).toMatchObject({ source: 'none', isSynchronised: false, entries: 0 });
      expect(natState).toBe('unresolved');
      expect(warnings).toHaveLength(1);
      if (source !== 'command') expect(warnings[0]).toMatch(/by netlink: \w*:? ?EPERM/);
      if (source !== 'netlink')
        expect(warnings[0]).toMatch(/by command: conntrack ended with 1: .*Operation not permitted/);
    },
  );

  test.each(['auto', 'netlink', 'command'])('with it, %s: the same process reads the entry', (source) => {
    const { counters, warnings } = runMirror(namespace, source);
    expect(counters).toMatchObject({
      source: source === 'auto' ? 'netlink' : source,
      isSynchronised: true,
      entries: 1,
    });
    expect(warnings).toEqual([]);
  });

  test('without the conntrack program', () => {
    const folder = mkdtempSync(join(tmpdir(), 'podflow-path-'));
    try {
      symlinkSync('/usr/bin/setpriv', join(folder, 'setpriv'));
      const { counters, warnings } = runMirror(namespace, 'command', [], { PATH: folder });
      expect(counters.source).toBe('none');
      expect(warnings[0]).toMatch(/conntrack: No such file or directory/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a namespace that is not there', async () => {
    const source = new NetlinkConntrackSource({ namespacePath: '/proc/1/ns/nothing', receiveBufferBytes: 4_096 });
    const events = { event: () => {}, lost: () => {}, malformed: () => {}, failed: () => {} };
    const error: unknown = await source.start(events).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PodflowError);
    expect((error as PodflowError).code).toBe('NAMESPACE_NOT_FOUND');
  });
});

describeWithRights('the conntrack program', ['conntrack', 'iptables', 'nsenter'], () => {
  test('is started again when it dies, and what it missed is read anew', async () => {
    const namespace = await NetworkNamespace.create('dying');
    const mirror = new ConntrackMirror({ source: 'command', namespacePath: namespace.path }, SILENT_LOG);
    try {
      namespace.run(
        'iptables',
        '-t',
        'nat',
        '-A',
        'OUTPUT',
        '-d',
        '10.96.0.1',
        '-p',
        'tcp',
        '-j',
        'DNAT',
        '--to',
        '10.2.0.9',
      );
      await mirror.start();
      for (let deaths = 1; deaths <= 3; deaths++) {
        const [listener = 0] = findListeners();
        process.kill(listener, 'SIGKILL');
        createKernelEntries(namespace.path, [
          entryFacts(`10.1.0.7:${deaths}>10.96.0.1:80`, `10.2.0.9:80>10.1.0.7:${deaths}`),
        ]);
        await waitFor(
          'another dump',
          () => mirror.counters().dumpsByReason.overrun === deaths && mirror.counters().isSynchronised,
        );
        expect(mirror.counters()).toMatchObject({
          source: 'command',
          overruns: deaths,
          entries: deaths,
          endedEntries: 0,
        });
      }
      // The kernel tells the end only of an entry that began while somebody listened.
      createKernelEntries(namespace.path, [entryFacts('10.1.0.7:4>10.96.0.1:80', '10.2.0.9:80>10.1.0.7:4')]);
      await waitFor('an event', () => mirror.counters().entries === 4);
      namespace.run('conntrack', '-D', '-p', 'tcp', '--orig-port-src', '4');
      await waitFor('an event', () => mirror.counters().endedEntries === 1);
      await mirror.stop();
      await waitFor('no program to be left', () => findListeners().length === 0);
    } finally {
      await mirror.stop();
      namespace.close();
    }
  });
});
