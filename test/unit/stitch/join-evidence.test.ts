import { afterEach, describe, expect, test } from '@jest/globals';
import type { DeliveryOutcome } from '../../../src/model/connection-output.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import type { Resource } from '../../../src/model/resource.ts';
import { createResolver, JoinHarness } from '../../support/join-harness.ts';
import { SAMPLE_TIME_NS } from '../../support/otlp-sample-records.ts';
import { createEvidence, createPerspective, sampleCommunityId } from '../../support/perspective-records.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { waitFor } from '../../support/wait-for.ts';

const WINDOW_MS = 2_500;
const LATER: DeliveryOutcome = { kind: 'later', status: 503, retryAfterMs: 2_000, message: 'away' };
const SYN_UNANSWERED: Partial<FlowRecord> = {
  verdict: 'dropped',
  dropReason: 'syn_unanswered',
  packets: 3,
  reversePackets: 0,
  reverseBytes: 0,
};
const WORKER_1: Resource = new Map([['k8s.node.name', 'worker-1']]);
const WORKER_2: Resource = new Map([['k8s.node.name', 'worker-2']]);
const harnesses: JoinHarness[] = [];

function createHarness(...args: ConstructorParameters<typeof JoinHarness>): JoinHarness {
  const harness = new JoinHarness(...args);
  harnesses.push(harness);
  return harness;
}

afterEach(async () => {
  for (const harness of harnesses.splice(0)) {
    await harness.stop();
    expect(harness.missingRecords()).toBe(0);
    expect(harness.join.counters().heldRecords).toBe(0);
  }
});

describe('evidence of a drop', () => {
  test('that comes first is part of its connection: the reason is its, the traffic the observers’', async () => {
    const harness = createHarness();
    const answers = [
      harness.sendFrom(WORKER_1, createEvidence(1)),
      harness.send(createPerspective('client', 1, SYN_UNANSWERED)),
    ];
    harness.nowMs = WINDOW_MS;
    await Promise.all(answers);
    expect(harness.counted).toMatchObject([
      {
        part: 0,
        perspectives: 'client',
        flowsBegun: 1,
        verdict: 'dropped',
        dropReason: 'netfilter_drop',
        record: { packets: 3, dropPackets: undefined },
        evidence: [
          {
            source: 'kernel',
            reason: 'netfilter_drop',
            detail: 'NETFILTER_DROP',
            packets: 2,
            bytes: 148,
            nodeName: 'worker-1',
          },
        ],
      },
    ]);
  });

  test('that comes second too: what failed waits for the whole window, also with both perspectives', async () => {
    const harness = createHarness();
    const answers = [
      harness.send(createPerspective('client', 1, SYN_UNANSWERED)),
      harness.send(createPerspective('server', 1, SYN_UNANSWERED)),
    ];
    harness.nowMs = WINDOW_MS - 1;
    answers.push(harness.send(createEvidence(1)));
    harness.nowMs = WINDOW_MS;
    await Promise.all(answers);
    expect(harness.counted).toMatchObject([
      { perspectives: 'both', dropReason: 'netfilter_drop', evidence: [{ packets: 2 }], lostPackets: 0 },
    ]);
  });

  test('does not shorten the wait for the other perspective', async () => {
    const harness = createHarness();
    const answers = [harness.send(createEvidence(1))];
    harness.nowMs = WINDOW_MS - 1;
    answers.push(harness.send(createPerspective('client', 1)));
    harness.nowMs = 2 * WINDOW_MS - 2;
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(harness.counted).toEqual([]);
    answers.push(harness.send(createPerspective('server', 1)));
    await Promise.all(answers);
    expect(harness.counted).toMatchObject([{ perspectives: 'both', verdict: 'forwarded', evidence: [{ packets: 2 }] }]);
  });

  test('leaves what was answered forwarded, and what was refused refused', async () => {
    const harness = createHarness();
    const refused = { verdict: 'rejected', dropReason: 'connection_refused' } as const;
    const answers = [
      harness.send(createEvidence(1), createEvidence(2, { dropReason: 'no_socket' })),
      harness.send(createPerspective('client', 1), createPerspective('client', 2, refused)),
      harness.send(createPerspective('server', 1), createPerspective('server', 2, refused)),
    ];
    harness.nowMs = WINDOW_MS;
    await Promise.all(answers);
    expect(harness.counted.map((each) => [each.verdict, each.dropReason, each.evidence[0]?.reason])).toEqual([
      ['forwarded', undefined, 'netfilter_drop'],
      ['rejected', 'connection_refused', 'no_socket'],
    ]);
  });

  test('turns what nobody could tell into a drop', async () => {
    const harness = createHarness();
    const udp = { verdict: 'unknown', symptoms: 8, transport: 'udp', protocolNumber: 17, reversePackets: 0 } as const;
    const answers = [harness.send(createEvidence(1)), harness.send(createPerspective('client', 1, udp))];
    harness.nowMs = WINDOW_MS;
    await Promise.all(answers);
    expect(harness.counted).toMatchObject([{ verdict: 'dropped', dropReason: 'netfilter_drop' }]);
  });

  test('of one source, reason, word and node adds up; others stand beside it, the most specific first', async () => {
    const harness = createHarness();
    const answers = [
      harness.sendFrom(
        WORKER_1,
        createEvidence(1),
        createEvidence(1, { flowId: 'more', dropPackets: 5, dropBytes: 2 }),
      ),
      harness.sendFrom(WORKER_2, createEvidence(1)),
      harness.send(
        createEvidence(1, { evidence: 'network_policy_agent', dropReason: 'policy_agent_deny', dropDetail: undefined }),
        createPerspective('client', 1, SYN_UNANSWERED),
      ),
    ];
    harness.nowMs = WINDOW_MS;
    await Promise.all(answers);
    expect(harness.counted).toMatchObject([
      {
        dropReason: 'policy_agent_deny',
        evidence: [
          { source: 'network_policy_agent', packets: 2 },
          { source: 'kernel', packets: 7, bytes: 150, nodeName: 'worker-1' },
          { source: 'kernel', packets: 2, nodeName: 'worker-2' },
        ],
      },
    ]);
  });

  test('is bounded: of twelve kinds eight are kept apart, and no packet is lost', async () => {
    const harness = createHarness();
    const records = Array.from({ length: 12 }, (_, i) => createEvidence(1, { dropDetail: `REASON_${i}` }));
    const answer = harness.send(...records);
    harness.nowMs = WINDOW_MS;
    await answer;
    const { evidence } = harness.counted[0]!;
    expect(evidence).toHaveLength(8);
    expect(evidence.reduce((sum, { packets }) => sum + packets, 0)).toBe(24);
  });

  test('sent again counts once: while it waits, while it is with the outputs, and when it is out', async () => {
    const harness = createHarness();
    const { promise, resolve } = Promise.withResolvers<DeliveryOutcome>();
    harness.answers.push(() => promise);
    const answers = [
      harness.send(createEvidence(1), createPerspective('client', 1, SYN_UNANSWERED)),
      harness.send(createEvidence(1)),
    ];
    harness.nowMs = WINDOW_MS;
    await waitFor('the delivery', () => harness.delivered.length === 1);
    answers.push(harness.send(createEvidence(1)));
    resolve({ kind: 'taken', alreadyStored: undefined });
    await Promise.all(answers);
    await harness.send(createEvidence(1));
    expect(harness.counted).toMatchObject([{ evidence: [{ packets: 2 }] }]);
    expect(harness.join.counters().unjoinedRecords).toMatchObject({ duplicate: 3 });
  });
});

describe('evidence without its connection', () => {
  test('waits for it, then is one by itself, without traffic, that its observers can still tell of', async () => {
    const harness = createHarness();
    const alone = harness.send(createEvidence(1));
    harness.nowMs = WINDOW_MS - 1;
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(harness.counted).toEqual([]);
    harness.nowMs = WINDOW_MS;
    await alone;
    const told = harness.send(createPerspective('client', 1, SYN_UNANSWERED));
    harness.nowMs = 2 * WINDOW_MS;
    await told;
    expect(harness.counted).toMatchObject([
      {
        perspectives: 'none',
        flowsBegun: 0,
        verdict: 'dropped',
        dropReason: 'netfilter_drop',
        lostPackets: undefined,
        record: { evidence: 'kernel', packets: 0, bytes: 0, dropPackets: 2 },
        serverRecord: undefined,
        source: { address: '10.244.1.2' },
        destination: { address: '10.244.2.9' },
      },
      { perspectives: 'client', part: 0, dropReason: 'syn_unanswered', evidence: [] },
    ]);
    expect(harness.counted[0]!.part).toBeGreaterThan(0);
    expect(harness.join.counters().connections).toEqual({ both: 0, client: 1, server: 0, none: 1 });
  });

  test('has the same number in whatever order it comes', async () => {
    const parts: number[] = [];
    for (const order of [0, 1]) {
      const harness = createHarness();
      const records = [createEvidence(1), createEvidence(1, { dropReason: 'queue_full', dropPackets: 9 })];
      const answer = harness.send(...(order === 0 ? records : records.toReversed()));
      harness.nowMs = WINDOW_MS;
      await answer;
      parts.push(harness.counted[0]!.part);
      expect(harness.counted).toMatchObject([{ record: { dropPackets: 11 }, dropReason: 'netfilter_drop' }]);
    }
    expect(parts[0]).toBe(parts[1]);
  });

  test('names the client first, though an answer of the server was dropped', async () => {
    const harness = createHarness();
    const answered = createEvidence(1, {
      sourceAddress: '10.244.2.9',
      sourcePort: 8080,
      destinationAddress: '10.244.1.2',
      destinationPort: 40_000,
    });
    const answer = harness.send(answered);
    harness.nowMs = WINDOW_MS;
    await answer;
    expect(harness.counted).toMatchObject([
      {
        source: { address: '10.244.1.2' },
        sourcePort: 40_000,
        destination: { address: '10.244.2.9' },
        destinationPort: 8080,
      },
    ]);
  });

  test('is no connection where both ends are the hosts’ own, and counted', async () => {
    const harness = createHarness({ resolver: createResolver({ '10.244.1.2': 'node', '10.244.2.9': 'external' }) });
    const answers = [harness.send(createEvidence(1)), harness.send(createEvidence(1))];
    harness.nowMs = WINDOW_MS;
    expect((await Promise.all(answers)).map(({ kind }) => kind)).toEqual(['taken', 'taken']);
    expect(harness.counted).toEqual([]);
    expect(harness.join.counters()).toMatchObject({
      receivedRecords: 2,
      unjoinedRecords: { unrelated: 1, duplicate: 1 },
      waitingConnections: 0,
    });
  });

  test('that the outputs do not take comes again', async () => {
    const harness = createHarness();
    harness.answers.push(() => LATER);
    const first = harness.send(createEvidence(1));
    harness.nowMs = WINDOW_MS;
    await expect(first).resolves.toMatchObject({ kind: 'later' });
    const again = harness.send(createEvidence(1));
    harness.nowMs = 2 * WINDOW_MS;
    await expect(again).resolves.toMatchObject({ kind: 'taken' });
    expect(harness.delivered.map(({ part }) => part)).toEqual([harness.counted[0]!.part, harness.counted[0]!.part]);
  });
});

describe('evidence that comes after its connection went out', () => {
  test('is a further part at once, and says what that one said of a connection that got through', async () => {
    const harness = createHarness();
    void harness.send(createPerspective('client', 1));
    await harness.send(createPerspective('server', 1));
    await harness.send(createEvidence(1));
    await harness.send(createEvidence(1, { flowId: 'more' }));
    await harness.send(createEvidence(1));
    expect(harness.counted.map(({ perspectives, verdict }) => [perspectives, verdict])).toEqual([
      ['both', 'forwarded'],
      ['none', 'forwarded'],
      ['none', 'forwarded'],
    ]);
    expect(new Set(harness.counted.map(({ part }) => part)).size).toBe(3);
    expect(harness.join.counters().unjoinedRecords).toMatchObject({ duplicate: 1 });
  });

  test('so too while that one is with the outputs', async () => {
    const harness = createHarness();
    const { promise, resolve } = Promise.withResolvers<DeliveryOutcome>();
    harness.answers.push(() => promise);
    const answers = [harness.send(createPerspective('client', 1)), harness.send(createPerspective('server', 1))];
    answers.push(harness.send(createEvidence(1)));
    resolve({ kind: 'taken', alreadyStored: undefined });
    await Promise.all(answers);
    expect(harness.counted.map(({ perspectives, verdict }) => `${perspectives} ${verdict}`).toSorted()).toEqual([
      'both forwarded',
      'none forwarded',
    ]);
  });

  test('says dropped of one that failed', async () => {
    const harness = createHarness();
    const failed = harness.send(createPerspective('client', 1, SYN_UNANSWERED));
    harness.nowMs = WINDOW_MS;
    await failed;
    await harness.send(createEvidence(1));
    expect(harness.counted.map(({ perspectives, verdict }) => [perspectives, verdict])).toEqual([
      ['client', 'dropped'],
      ['none', 'dropped'],
    ]);
  });

  test('and minutes old, as a log’s is, has its own interval and does not displace what is recent', async () => {
    const harness = createHarness();
    const failed = harness.send(createPerspective('client', 1, SYN_UNANSWERED));
    harness.nowMs = WINDOW_MS;
    await failed;
    const old = Array.from({ length: 200 }, (_, i) => {
      const endNs = SAMPLE_TIME_NS - (i + 1) * 60e9;
      return createEvidence(1, {
        evidence: 'vpc_flow_log',
        intervalEndNs: endNs,
        startNs: endNs - 9e9,
        endNs: endNs - 1e9,
      });
    });
    const answer = harness.send(...old);
    harness.nowMs = 2 * WINDOW_MS;
    await answer;
    await harness.send(createPerspective('client', 1, SYN_UNANSWERED));
    expect(harness.counted).toHaveLength(201);
    expect(harness.join.counters().unjoinedRecords).toMatchObject({ duplicate: 1 });
  });

  test('of a server’s rest that adds nothing stays', async () => {
    const harness = createHarness();
    void harness.send(createPerspective('server', 1));
    await harness.send(createPerspective('client', 1, { sequence: 4, event: 'end' }));
    const next = {
      startNs: SAMPLE_TIME_NS + 10.1e9,
      endNs: SAMPLE_TIME_NS + 10.2e9,
      intervalEndNs: SAMPLE_TIME_NS + 20e9,
    };
    const rest = harness.send(createPerspective('server', 1, { ...next, sequence: 5 }), createEvidence(1, next));
    harness.nowMs = WINDOW_MS;
    await rest;
    expect(harness.counted.map(({ perspectives }) => perspectives)).toEqual(['both', 'none']);
    expect(harness.join.counters().unjoinedRecords).toMatchObject({ late: 1 });
  });
});

test('a stopped join sends evidence out at once', async () => {
  const harness = createHarness();
  await harness.stop();
  await harness.send(createEvidence(1));
  expect(harness.counted).toMatchObject([{ perspectives: 'none' }]);
});

/**
 * Observers and others tell of connections in random order and pieces, again until it is taken, while the output fails at
 * random: each observed connection counts once, each record of evidence once, and every record is accounted for.
 */
test.each([1, 2, 3, 4, 5])('whatever comes in whatever order is counted once (seed %i)', async (seed) => {
  const random = seededRandom(seed);
  const harness = createHarness({ windowMs: 30, batchConnections: 7, nowMs: () => performance.now() });
  for (let i = 0; i < 2_000; i++)
    harness.answers.push(() => (random(4) === 0 ? LATER : { kind: 'taken', alreadyStored: undefined }));
  const ids = Array.from({ length: 60 }, (_, i) => i);
  const perspectives = ids.flatMap((i) => [
    createPerspective('client', i, i % 3 === 0 ? SYN_UNANSWERED : {}),
    createPerspective('server', i, i % 3 === 0 ? SYN_UNANSWERED : {}),
  ]);
  const evidence = Array.from({ length: 120 }, (_, i) =>
    createEvidence(random(80), { flowId: `drop ${i}`, dropPackets: 1 + random(5), dropDetail: `REASON_${random(3)}` }),
  );
  const records = [...perspectives, ...evidence].toSorted(() => random(3) - 1);
  const sendUntilTaken = async (request: FlowRecord[]): Promise<void> => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, random(60)));
      const answer = await harness.send(...request.map((record) => ({ ...record })));
      expect(harness.missingRecords()).toBe(0);
      if (answer.kind === 'taken' && random(6) !== 0) return;
    }
  };
  const requests: Promise<void>[] = [];
  for (let at = 0; at < records.length;) {
    const size = 1 + random(9);
    requests.push(sendUntilTaken(records.slice(at, at + size)));
    at += size;
  }
  await Promise.all(requests);
  const observed = harness.counted.filter((each) => each.perspectives !== 'none');
  expect(observed.map(({ joinId }) => joinId).toSorted()).toEqual(ids.map(sampleCommunityId).toSorted());
  const told = harness.counted.flatMap((each) => each.evidence).reduce((sum, { packets }) => sum + packets, 0);
  expect(told).toBe(evidence.reduce((sum, { dropPackets = 0 }) => sum + dropPackets, 0));
  expect(harness.counted.some((each) => each.perspectives === 'none')).toBe(true);
  expect(harness.counted.some((each) => each.perspectives !== 'none' && each.evidence.length > 0)).toBe(true);
  const parts = harness.counted.map(({ joinId, part }) => `${joinId} ${part}`);
  expect(new Set(parts).size).toBe(parts.length);
});
