import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runFlood, startSink } from '../support/load.ts';
import { OtlpReceiver, type ReceiverAnswer } from '../support/otlp-receiver.ts';
import { createPodPair, SERVER_ADDRESS, type PodPair } from '../support/pod-pair.ts';
import { ProbeRun } from '../support/probe-run.ts';
import { describeWithRights } from '../support/requirements.ts';

const PORTS = 50;
const ALWAYS = Number.POSITIVE_INFINITY;

interface Fault {
  readonly title: string;
  readonly answer: ReceiverAnswer;
  /** How many requests are answered so; the ones behind are taken. */
  readonly times: number;
  /** What becomes of the records. */
  readonly expected: 'all arrive' | 'some are dropped' | 'none arrive';
  readonly reason?: 'rejected' | 'partial_success' | 'deadline';
}

const FAULTS: readonly Fault[] = [
  {
    title: '429 with Retry-After',
    answer: { kind: 'status', status: 429, retryAfter: '1' },
    times: 2,
    expected: 'all arrive',
  },
  { title: '503', answer: { kind: 'status', status: 503 }, times: 3, expected: 'all arrive' },
  { title: '400', answer: { kind: 'status', status: 400 }, times: 2, expected: 'some are dropped', reason: 'rejected' },
  {
    title: 'partial success',
    answer: { kind: 'partial', rejected: 7 },
    times: 2,
    expected: 'some are dropped',
    reason: 'partial_success',
  },
  { title: 'bytes that are no HTTP', answer: { kind: 'noise' }, times: 3, expected: 'all arrive' },
  {
    title: '200 with a body that is no answer',
    answer: { kind: 'body', body: 'hello' },
    times: ALWAYS,
    expected: 'all arrive',
  },
  { title: 'never', answer: { kind: 'never' }, times: ALWAYS, expected: 'none arrive', reason: 'deadline' },
];

describeWithRights('probe: every frame and record is accounted for when the receiver fails', ['cc'], () => {
  let pods: PodPair;
  let receiver: OtlpReceiver;
  let probe: ProbeRun;

  async function startProbe(...extra: readonly string[]): Promise<void> {
    probe = new ProbeRun([
      ...['--netns', pods.client.path, '--interface', 'eth0', '--interval', '500ms', '--metrics-port', '0'],
      ...['--metrics-host', '127.0.0.1'],
      ...['--otlp-endpoint', receiver.url, '--otlp-timeout', '8s', '--otlp-batch-records', '400'],
      ...['--shutdown-deadline', '4s', '--json', ...extra],
    ]);
    await probe.untilCapturing();
  }

  /** New flows all along, so that there are records in every interval. */
  function flood(seconds: number): Promise<unknown> {
    return runFlood(pods.client, {
      destination: SERVER_ADDRESS,
      sourcePorts: 20,
      destinationPorts: PORTS,
      packetsPerSecond: 20_000,
      seconds,
      payloadBytes: 64,
      blocks: Math.ceil(seconds),
    });
  }

  /** The identity of every stage, and that of the receiver. */
  function expectExplained(): void {
    const { losses } = probe.summary;
    expect(losses.explained).toBe(true);
    expect(losses.capture).toMatchObject({ missedFrames: 0, unattributedFrames: 0, unexplainedFrames: 0 });
    expect(losses.stages['otlp']?.held.records).toBe(0);
    expect(receiver.records.length).toBe(losses.stages['otlp']?.forwarded.records);
  }

  beforeEach(async () => {
    pods = await createPodPair();
    await startSink(pods.server, SERVER_ADDRESS, PORTS);
    receiver = await OtlpReceiver.start();
  });

  afterEach(async () => {
    probe.kill();
    pods.close();
    await receiver.close();
  });

  test.each(FAULTS)(
    'a receiver that answers $title',
    async ({ answer, times, expected, reason }) => {
      if (times === ALWAYS) receiver.answerAlways(answer);
      else receiver.answerNext(...Array.from({ length: times }, () => answer));
      // A request that only takes long on a busy machine must not be sent twice: that would be counted twice here.
      await startProbe(...(answer.kind === 'never' ? ['--otlp-timeout', '500ms'] : []));
      await flood(2);
      await delay(1000);
      expect(await probe.stop()).toBe(0);
      expectExplained();
      const otlp = probe.summary.losses.stages['otlp'];
      expect(otlp?.received.records).toBeGreaterThan(1000);
      const dropped = Object.keys(otlp?.dropped ?? {});
      expect(dropped).toEqual(reason === undefined ? [] : [reason]);
      if (expected === 'none arrive') expect(otlp?.forwarded.records).toBe(0);
      if (expected === 'all arrive') expect(otlp?.forwarded.records).toBe(otlp?.received.records);
    },
    30_000,
  );

  test('a receiver that is away for 30 s: nothing is lost', async () => {
    await receiver.down();
    await startProbe('--interval', '2s', '--otlp-timeout', '10s', '--shutdown-deadline', '20s');
    const load = flood(32);
    await delay(30_000);
    await receiver.up();
    await load;
    await delay(3000);
    expect(await probe.stop()).toBe(0);
    expectExplained();
    const otlp = probe.summary.losses.stages['otlp'];
    expect(otlp?.received.records).toBeGreaterThan(30_000);
    expect(otlp?.dropped).toEqual({});
    const ids = receiver.records.map(({ attributes }) => `${attributes['flow.id']} ${attributes['flow.sequence']}`);
    expect(new Set(ids).size).toBe(ids.length);
  }, 60_000);

  test('SIGTERM under load: what was seen is sent within the deadline', async () => {
    await startProbe('--interval', '2s');
    const load = flood(4);
    await delay(2500);
    const startMs = performance.now();
    expect(await probe.stop()).toBe(0);
    expect(performance.now() - startMs).toBeLessThan(4500);
    await load;
    const { losses } = probe.summary;
    expect(losses.stages['otlp']?.forwarded.records).toBe(losses.stages['otlp']?.received.records);
    expect(receiver.records.length).toBe(losses.stages['otlp']?.forwarded.records);
    expect(losses.flowTable?.unexplainedFrames).toBe(0);
    expect(losses.capture?.missedFrames).toBe(0);
  }, 30_000);

  test('a table that is full: what finds no room is counted', async () => {
    await startProbe('--max-flows', '500');
    await flood(2);
    await delay(700);
    expect(await probe.stop()).toBe(0);
    expectExplained();
    expect(probe.summary.losses.flowTable?.tableFullFrames).toBeGreaterThan(1000);
  }, 30_000);
});
