import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { resolveSettings } from '../../../src/config/resolve-settings.ts';
import type { Environment } from '../../../src/config/parse-environment.ts';
import { PodflowError } from '../../../src/lib/podflow-error.ts';

const probe = (args: readonly string[] = [], env: Environment = {}) => resolveSettings('probe', args, env).settings;

/** What a bad call says, without head and remedy. */
function problemsOf(call: () => unknown): string[] {
  try {
    call();
  } catch (error) {
    if (error instanceof PodflowError && error.code === 'SETTINGS_INVALID') {
      expect(error.exitCode).toBe(2);
      return String(error.details['problems']).split('\n');
    }
    throw error;
  }
  return [];
}

describe('settings', () => {
  test('have defaults, in the units of their names', () => {
    expect(probe()).toMatchObject({
      interfaceName: 'auto',
      netnsPath: undefined,
      intervalMs: 10_000,
      activeTimeoutMs: 1_800_000,
      metricsPort: 9464,
      otlpQueueRecords: 131_072,
      otlpEncoding: 'protobuf',
      json: false,
      forMs: undefined,
    });
  });

  test('have another default for a command that needs it', () => {
    const demo = resolveSettings('demo', [], {}).settings;
    expect(demo).toMatchObject({ intervalMs: 1_000, joinWindowMs: 900, metricsHost: '127.0.0.1', metricsPort: 0 });
    const given = resolveSettings('demo', ['--interval', '2s'], { PODFLOW_METRICS_PORT: '9464' }).settings;
    expect(given).toMatchObject({ intervalMs: 2_000, metricsPort: 9464 });
    expect(resolveSettings('enrich', [], {}).settings).toMatchObject({ intervalMs: 10_000, joinWindowMs: 2_500 });
  });

  test('take the flag before the environment, and that before the default', () => {
    expect(probe([], { PODFLOW_INTERVAL: '5s' }).intervalMs).toBe(5_000);
    expect(probe(['--interval', '2s'], { PODFLOW_INTERVAL: '5s' }).intervalMs).toBe(2_000);
    expect(probe(['--interval=2s', '--interval', '1m']).intervalMs).toBe(60_000);
    expect(probe([], { PODFLOW_INTERVAL: '' }).intervalMs).toBe(10_000);
  });

  test('take OpenTelemetry’s own name after PODFLOW_*, that of the signal before the general one', () => {
    const general = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_EXPORTER_OTLP_COMPRESSION: 'none' };
    expect(probe([], general)).toMatchObject({ otlpEncoding: 'json', otlpCompression: 'none' });
    expect(probe([], { ...general, OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/protobuf' }).otlpEncoding).toBe('protobuf');
    expect(probe([], { ...general, PODFLOW_OTLP_COMPRESSION: 'gzip' }).otlpCompression).toBe('gzip');
    expect(problemsOf(() => probe([], { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }))).toEqual([
      expect.stringContaining('OTEL_EXPORTER_OTLP_PROTOCOL "grpc" is neither protobuf nor json'),
    ]);
  });

  test('give a command only its own', () => {
    const replay = resolveSettings('replay', ['a.pcap'], {}, ['FILE']);
    expect(replay.operands).toEqual(['a.pcap']);
    expect(replay.settings).not.toHaveProperty('metricsPort');
    expect(problemsOf(() => resolveSettings('replay', ['a', '--netns', 'b'], {}, ['FILE']))).toEqual([
      '- --netns is no flag of replay, but of probe.',
    ]);
  });

  test('read every form', () => {
    const args = '--json --metrics-port off --own-addresses 10.0.0.1,fd00::1 --otlp-headers a=1,b=x%2Cy%3D'.split(' ');
    expect(probe(args)).toMatchObject({
      json: true,
      metricsPort: 'off',
      ownAddresses: ['10.0.0.1', 'fd00::1'],
      otlpHeaders: { a: '1', b: 'x,y=' },
    });
    expect(probe([], { PODFLOW_JSON: 'true' }).json).toBe(true);
    expect(probe(['--json=false'], { PODFLOW_JSON: 'true' }).json).toBe(false);
  });

  test.each([
    ['--interval', '10', 'is no duration'],
    ['--interval', '99ms', 'is not within 100ms to 1h'],
    ['--interval', '2h', 'is not within 100ms to 1h'],
    ['--max-flows', '1.5', 'is no whole number'],
    ['--max-flows', '0', 'is not within 1 to 16777216'],
    ['--backend', 'dpdk', 'is none of auto, ebpf, cap'],
    ['--metrics-port', '70000', 'is neither a port'],
    ['--metrics-host', 'localhost', 'is no IP address'],
    ['--own-addresses', '10.0.0.1,x', 'has "x", no IP address'],
    ['--otlp-endpoint', 'collector:4318', 'is no http or https URL'],
    ['--otlp-endpoint', 'http://collector:4318/?a', 'has a query or fragment'],
    ['--json=maybe', '', 'is none of true, false'],
    ['--pod-name=', '', 'is empty'],
  ])('refuse %s %s', (flag, value, problem) => {
    const problems = problemsOf(() => probe(value === '' ? [flag] : [flag, value]));
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems[0]).toContain(flag.split('=')[0]);
  });

  test('tell all that is wrong at once, with the nearest name', () => {
    const env = { PODFLOW_INTERVL: '3s', PODFLOW_MAX_FLOWS: 'many', HOME: '/', PODFLOW_UNHEARD_OF: '1' };
    expect(problemsOf(() => probe(['--intervall', '2s', '--idle-timeout', '1', '--netns'], env))).toEqual([
      '- --intervall is no flag. Did you mean --interval?',
      '- --netns needs a value: path.',
      '- PODFLOW_INTERVL is no setting. Did you mean PODFLOW_INTERVAL?',
      '- PODFLOW_UNHEARD_OF is no setting.',
      '- --idle-timeout "1" is no duration such as 500ms, 20s, 5m or 1h.',
      '- PODFLOW_MAX_FLOWS "many" is no whole number.',
    ]);
  });

  test('count what stands behind the flags', () => {
    const replay = (...args: string[]) => problemsOf(() => resolveSettings('replay', args, {}, ['FILE']));
    expect(replay()).toEqual(['- FILE is missing.']);
    expect(replay('a', 'b')).toEqual(['- "b" is one argument too many.']);
    expect(replay('--', '--strange-name.pcap')).toEqual([]);
  });

  test('take one or more where a name ends in …', () => {
    const evidence = (...args: string[]) => resolveSettings('evidence', args, {}, ['FILE…']).operands;
    expect(problemsOf(() => evidence('--follow'))).toEqual(['- FILE… is missing.']);
    expect(evidence('a.log')).toEqual(['a.log']);
    expect(evidence('a.log', '--follow', '-', '--fields', 'default', 'c.gz')).toEqual(['a.log', '-', 'c.gz']);
  });

  test('leave alone what Kubernetes sets for a Service named podflow…', () => {
    const env = {
      PODFLOW_SERVICE_HOST: '10.96.0.9',
      PODFLOW_SERVICE_PORT: '9464',
      PODFLOW_SERVICE_PORT_METRICS: '9464',
      PODFLOW_PORT: 'tcp://10.96.0.9:9464',
      PODFLOW_PORT_9464_TCP: 'tcp://10.96.0.9:9464',
      PODFLOW_PORT_9464_TCP_PROTO: 'tcp',
      PODFLOW_PORT_9464_TCP_PORT: '9464',
      PODFLOW_PORT_9464_TCP_ADDR: '10.96.0.9',
      PODFLOW_METRICS_PORT: 'tcp://10.96.0.9:9464',
      PODFLOW_ENRICH_SERVICE_HOST: '10.96.0.10',
    };
    expect(probe([], env).metricsPort).toBe(9464);
    expect(probe([], { ...env, PODFLOW_METRICS_PORT: '9000' }).metricsPort).toBe(9000);
    expect(problemsOf(() => probe([], { PODFLOW_METRICS_PORT: 'http' }))).toHaveLength(1);
  });
});

describe('secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'podflow-settings-'));
  const path = join(folder, 'headers');
  writeFileSync(path, 'authorization=Bearer%20abc\n');
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('come from the file that <NAME>_FILE names', () => {
    expect(probe([], { PODFLOW_OTLP_HEADERS_FILE: path }).otlpHeaders).toEqual({ authorization: 'Bearer abc' });
  });

  test('come from one place only, and the file has to be there', () => {
    const both = { PODFLOW_OTLP_HEADERS_FILE: path, PODFLOW_OTLP_HEADERS: 'a=1' };
    expect(problemsOf(() => probe([], both))).toEqual([
      '- PODFLOW_OTLP_HEADERS_FILE and PODFLOW_OTLP_HEADERS are both set.',
    ]);
    expect(problemsOf(() => probe([], { PODFLOW_OTLP_HEADERS_FILE: `${path}.no` }))).toEqual([
      `- PODFLOW_OTLP_HEADERS_FILE names "${path}.no", which cannot be read: ENOENT.`,
    ]);
    expect(problemsOf(() => probe([], { PODFLOW_INTERVAL_FILE: path }))).toHaveLength(1);
  });

  test('are never shown', () => {
    const [problem] = problemsOf(() => probe(['--otlp-headers', 'hunter2']));
    expect(problem).toBe('- --otlp-headers is no list of name=value.');
  });
});

describe('settings of the node role', () => {
  const node = (...args: string[]) => resolveSettings('node', args, {}).settings;

  test('have sizes in bytes, ports of tunnels and patterns of names', () => {
    expect(node()).toMatchObject({ maxRequestBytes: 67_108_864, includeInterfaces: ['*'], decapsulate: undefined });
    expect(node('--max-request-size', '512KiB', '--conntrack-buffer', '4096')).toMatchObject({
      maxRequestBytes: 524_288,
      conntrackBufferBytes: 4096,
    });
    expect(node('--decapsulate', 'vxlan:4789, geneve:6081').decapsulate).toEqual([
      { type: 'vxlan', port: 4789 },
      { type: 'geneve', port: 6081 },
    ]);
    expect(node('--decapsulate', 'none').decapsulate).toEqual([]);
    expect(node('--capture-include', 'veth*,cali*').includeInterfaces).toEqual(['veth*', 'cali*']);
  });

  test.each([
    [['--max-request-size', '64MB'], 'is no size such as'],
    [['--max-request-size', '2GiB'], 'is not within 64KiB to 1GiB'],
    [['--decapsulate', 'gre:1'], 'is no list of vxlan:PORT and geneve:PORT'],
    [['--decapsulate', 'vxlan:70000'], 'is no list of'],
    [['--decapsulate', Array.from({ length: 9 }, (_, i) => `vxlan:${4000 + i}`).join(',')], 'has more than 8 ports'],
    [['--capture-include', 'veth*,,x'], 'has an empty name'],
  ])('%j is refused', (args, problem) => {
    expect(problemsOf(() => node(...args))).toEqual([expect.stringContaining(problem)]);
  });
});
