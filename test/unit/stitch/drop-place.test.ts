import { afterEach, describe, expect, test } from '@jest/globals';
import type { DeliveryOutcome } from '../../../src/model/connection-output.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { SYMPTOM_BIT } from '../../../src/model/flow-symptom.ts';
import type { Resource } from '../../../src/model/resource.ts';
import { JoinHarness, type SeenConnection } from '../../support/join-harness.ts';
import { SAMPLE_TIME_NS } from '../../support/otlp-sample-records.ts';
import { createEvidence, createPerspective, sampleCommunityId } from '../../support/perspective-records.ts';

const WINDOW_MS = 2_500;
const CLIENT_NODE: Resource = new Map([['service.instance.id', 'client-node']]);
const SERVER_NODE: Resource = new Map([['service.instance.id', 'server-node']]);
/** Another observer on the same node: the one after a restart. */
const SERVER_NODE_ANEW: Resource = new Map([['service.instance.id', 'server-node-2']]);

const NO_ANSWER = { reversePackets: 0, reverseBytes: 0 } as const;
const FAILED: Partial<FlowRecord> = {
  ...NO_ANSWER,
  verdict: 'dropped',
  dropReason: 'syn_unanswered',
  packets: 3,
  bytes: 222,
  startNs: SAMPLE_TIME_NS + 3e9,
  endNs: SAMPLE_TIME_NS + 6e9,
};
const UDP: Partial<FlowRecord> = {
  ...FAILED,
  verdict: 'unknown',
  dropReason: undefined,
  symptoms: SYMPTOM_BIT.unanswered,
  transport: 'udp',
  protocolNumber: 17,
};
const harnesses: JoinHarness[] = [];

function createHarness(...args: ConstructorParameters<typeof JoinHarness>): JoinHarness {
  const harness = new JoinHarness(...args);
  harnesses.push(harness);
  return harness;
}

afterEach(async () => {
  for (const harness of harnesses.splice(0)) await harness.stop();
});

/** Times of a record so many intervals later than the samples. */
function intervalsLater(intervals: number, fromMs = 1_000, toMs = 2_000): Partial<FlowRecord> {
  const startNs = SAMPLE_TIME_NS + intervals * 10e9;
  return { startNs: startNs + fromMs * 1e6, endNs: startNs + toMs * 1e6, intervalEndNs: startNs + 10e9 };
}

/** What the server's observer tells of another client, who is not observed. */
function createOther(changes: Partial<FlowRecord>): FlowRecord {
  return createPerspective('server', 7, { sourceAddress: '10.9.9.9', ...changes });
}

/**
 * Of connection 1 the client alone tells, within its interval; before, each of `told` is sent.
 * @returns what the outputs got of it
 */
async function joinClient(
  harness: JoinHarness,
  client: Partial<FlowRecord>,
  ...told: readonly (readonly [Resource, FlowRecord])[]
): Promise<SeenConnection> {
  const answers = told.map(([observer, record]) => harness.sendFrom(observer, record));
  answers.push(harness.sendFrom(CLIENT_NODE, createPerspective('client', 1, client)));
  harness.nowMs += WINDOW_MS;
  await Promise.all(answers);
  return harness.counted.find(({ joinId }) => joinId === sampleCommunityId(1))!;
}

const BEFORE = createOther(intervalsLater(-1));
const WITHIN = createOther(intervalsLater(0));

describe('lost on the way to a server that is observed', () => {
  test('is said, and what was sent counts as lost', async () => {
    const connection = await joinClient(createHarness(), FAILED, [SERVER_NODE, BEFORE], [SERVER_NODE, WITHIN]);
    expect(connection).toMatchObject({
      perspectives: 'client',
      verdict: 'dropped',
      dropReason: 'syn_unanswered',
      dropPlace: 'to_server',
      lostPackets: 3,
      lostBytes: 222,
      reverseLostPackets: undefined,
    });
  });

  test('is said too where the observer tells of this interval by another pod', async () => {
    const other = createOther({ ...intervalsLater(0), destinationAddress: '10.244.2.10' });
    const connection = await joinClient(createHarness(), FAILED, [SERVER_NODE, BEFORE], [SERVER_NODE, other]);
    expect(connection).toMatchObject({ dropPlace: 'to_server' });
  });

  test('is said of UDP without an answer, which is then dropped', async () => {
    const connection = await joinClient(createHarness(), UDP, [SERVER_NODE, BEFORE], [SERVER_NODE, WITHIN]);
    expect(connection).toMatchObject({ verdict: 'dropped', dropReason: 'lost_in_transit', dropPlace: 'to_server' });
  });

  test('is said beside the reason that evidence gives', async () => {
    const harness = createHarness();
    const told = [
      [SERVER_NODE, BEFORE],
      [SERVER_NODE, WITHIN],
      [SERVER_NODE, createEvidence(1)],
    ] as const;
    const connection = await joinClient(harness, UDP, ...told);
    expect(connection).toMatchObject({ verdict: 'dropped', dropReason: 'netfilter_drop', dropPlace: 'to_server' });
  });

  test('is said of what a router refused, of which nothing was lost', async () => {
    const refused = { ...FAILED, verdict: 'rejected', dropReason: 'admin_prohibited' } as const;
    const connection = await joinClient(createHarness(), refused, [SERVER_NODE, BEFORE], [SERVER_NODE, WITHIN]);
    expect(connection).toMatchObject({ verdict: 'rejected', dropPlace: 'to_server', lostPackets: undefined });
  });

  test('is said where the failed ones are many: they do not show that nobody looks at the server', async () => {
    const harness = createHarness();
    for (let interval = 0; interval < 12; interval++) {
      const answers = [
        harness.sendFrom(SERVER_NODE, createOther(intervalsLater(interval))),
        harness.sendFrom(
          CLIENT_NODE,
          createPerspective('client', 1, { ...FAILED, ...intervalsLater(interval, 3e3, 6e3) }),
        ),
      ];
      harness.nowMs += WINDOW_MS;
      await Promise.all(answers);
    }
    const failed = harness.counted.filter(({ perspectives }) => perspectives === 'client');
    expect(failed.map(({ dropPlace }) => dropPlace)).toEqual(Array.from({ length: 12 }, () => 'to_server'));
  });

  test('is no sign that nobody looks at the server, which is waited for as before', async () => {
    const harness = createHarness();
    const failed = Array.from({ length: 12 }, (_, i) => createPerspective('client', i + 10, FAILED));
    const answers = [harness.send(...failed)];
    harness.nowMs = WINDOW_MS;
    await Promise.all(answers);
    const answered = [harness.send(createPerspective('client', 1)), harness.send(createPerspective('server', 1))];
    await Promise.all(answered);
    expect(harness.counted.at(-1)).toMatchObject({ perspectives: 'both' });
  });
});

describe('nothing is said of a place, and nothing is lost', () => {
  const cases: readonly (readonly [string, Partial<FlowRecord>, readonly (readonly [Resource, FlowRecord])[]])[] = [
    ['when nobody looks at the server', FAILED, []],
    ['when its observer has not told of this interval', FAILED, [[SERVER_NODE, BEFORE]]],
    [
      'when it told of the pod too long ago',
      FAILED,
      [
        [SERVER_NODE, createOther(intervalsLater(-2))],
        [SERVER_NODE, createOther({ ...intervalsLater(0), destinationAddress: '10.244.2.10' })],
      ],
    ],
    ['when the pod is first told of after the packets', FAILED, [[SERVER_NODE, createOther(intervalsLater(0, 5_500))]]],
    [
      'when the observer was restarted',
      FAILED,
      [
        [SERVER_NODE, BEFORE],
        [SERVER_NODE_ANEW, createOther(intervalsLater(0, 7_000, 9_000))],
      ],
    ],
    [
      'when the pod was not told of in between: its observer may have been away',
      FAILED,
      [
        [SERVER_NODE, createOther(intervalsLater(-3))],
        [SERVER_NODE, createOther(intervalsLater(0, 7_000, 9_000))],
      ],
    ],
    [
      'when records do not tell at which end they were seen: on a host’s uplink it need not be the pod’s',
      FAILED,
      [-1, 0].map((interval) => [
        SERVER_NODE,
        createOther({ ...intervalsLater(interval), direction: 'unknown', sourceAddress: '10.244.2.9' }),
      ]),
    ],
    [
      'when the packets lie at the edge of the interval, by the other clock in the next one',
      { ...FAILED, ...intervalsLater(0, 9_500, 9_900) },
      [
        [SERVER_NODE, BEFORE],
        [SERVER_NODE, WITHIN],
      ],
    ],
    [
      'when the client sent nothing in this interval',
      { ...FAILED, packets: 0, bytes: 0 },
      [
        [SERVER_NODE, BEFORE],
        [SERVER_NODE, WITHIN],
      ],
    ],
    [
      'when a lone SYN may still be answered',
      { ...FAILED, verdict: 'unknown', dropReason: undefined },
      [
        [SERVER_NODE, BEFORE],
        [SERVER_NODE, WITHIN],
      ],
    ],
  ];

  test.each(cases)('%s', async (_, client, told) => {
    const connection = await joinClient(createHarness(), client, ...told);
    expect(connection).toMatchObject({ dropPlace: undefined, lostPackets: undefined });
    expect(connection.verdict).toBe(client.verdict);
  });

  test('when records were sent back: the server’s may be among them, until a Collector has come again', async () => {
    const harness = createHarness();
    const away: DeliveryOutcome = { kind: 'later', status: 503, retryAfterMs: 2_000, message: 'away' };
    harness.answers.push(() => away);
    void harness.send(createPerspective('client', 3));
    await harness.send(createPerspective('server', 3));
    const soon = await joinClient(harness, FAILED, [SERVER_NODE, BEFORE], [SERVER_NODE, WITHIN]);
    expect(soon).toMatchObject({ dropPlace: undefined, lostPackets: undefined });
    harness.counted.splice(0);
    harness.nowMs = 40_000;
    const next = { ...FAILED, ...intervalsLater(1, 3_000, 6_000) };
    const later = await joinClient(harness, next, [SERVER_NODE, createOther(intervalsLater(1))]);
    expect(later).toMatchObject({ dropPlace: 'to_server' });
  });

  test('when it came after a stop, whatever was said of others before', async () => {
    const harness = createHarness();
    const before = await joinClient(harness, FAILED, [SERVER_NODE, BEFORE], [SERVER_NODE, WITHIN]);
    expect(before).toMatchObject({ dropPlace: 'to_server' });
    await harness.stop();
    await harness.sendFrom(CLIENT_NODE, createPerspective('client', 2, FAILED), createPerspective('client', 3, FAILED));
    expect(harness.counted.slice(-2).map(({ dropPlace }) => dropPlace)).toEqual([undefined, undefined]);
  });

  test('when it was stopped before the window was over', async () => {
    const harness = createHarness();
    void harness.sendFrom(SERVER_NODE, BEFORE, WITHIN);
    void harness.sendFrom(CLIENT_NODE, createPerspective('client', 1, FAILED));
    await harness.stop();
    const failed = harness.counted.find(({ perspectives }) => perspectives === 'client');
    expect(failed).toMatchObject({ verdict: 'dropped', dropPlace: undefined });
  });
});

/** Both ends tell of connection 1. */
async function joinBoth(client: Partial<FlowRecord> | undefined, server: Partial<FlowRecord>): Promise<SeenConnection> {
  const harness = createHarness();
  const records = [createPerspective('server', 1, server)];
  if (client !== undefined) records.push(createPerspective('client', 1, client));
  const answer = harness.send(...records);
  harness.nowMs = WINDOW_MS;
  await answer;
  return harness.counted[0]!;
}

describe('what the server’s observer saw', () => {
  test('and nothing answered was lost at the server', async () => {
    expect(await joinBoth(FAILED, FAILED)).toMatchObject({
      perspectives: 'both',
      verdict: 'dropped',
      dropReason: 'syn_unanswered',
      dropPlace: 'at_server',
      lostPackets: 0,
    });
  });

  test('and nothing answered was lost there also where nobody looks at the client', async () => {
    expect(await joinBoth(undefined, FAILED)).toMatchObject({ perspectives: 'server', dropPlace: 'at_server' });
  });

  test('answered, and the client’s did not see that: dropped on the way back', async () => {
    expect(await joinBoth(FAILED, { packets: 3, reversePackets: 4 })).toMatchObject({
      verdict: 'dropped',
      dropReason: 'syn_unanswered',
      dropPlace: 'to_client',
      reverseLostPackets: 4,
    });
  });

  test('answered at the end of the interval: the client’s may see it in the next one', async () => {
    const server = { packets: 3, reversePackets: 4, endNs: SAMPLE_TIME_NS + 9.5e9 };
    expect(await joinBoth(FAILED, server)).toMatchObject({ verdict: 'dropped', dropPlace: undefined });
    expect(await joinBoth(UDP, server)).toMatchObject({ verdict: 'forwarded', dropPlace: undefined });
  });

  test('of UDP arrived, which is all that UDP asks for', async () => {
    const expected = { verdict: 'forwarded', dropReason: undefined, dropPlace: undefined, record: { symptoms: 8 } };
    expect(await joinBoth(UDP, UDP)).toMatchObject(expected);
    expect(await joinBoth(undefined, UDP)).toMatchObject(expected);
  });

  test('of UDP, with an answer that never came back, was dropped', async () => {
    const connection = await joinBoth(UDP, { ...UDP, verdict: 'forwarded', symptoms: 0, reversePackets: 2 });
    expect(connection).toMatchObject({ verdict: 'dropped', dropReason: 'lost_in_transit', dropPlace: 'to_client' });
  });

  test('got through: there is no place', async () => {
    expect(await joinBoth({}, {})).toMatchObject({ verdict: 'forwarded', dropPlace: undefined });
  });
});
