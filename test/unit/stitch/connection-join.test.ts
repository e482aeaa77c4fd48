import { afterEach, describe, expect, test } from '@jest/globals';
import type { DeliveryOutcome } from '../../../src/model/connection-output.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { SAMPLE_TIME_NS } from '../../support/otlp-sample-records.ts';
import { createOutput, createResolver, JoinHarness } from '../../support/join-harness.ts';
import { createPerspective, sampleCommunityId } from '../../support/perspective-records.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { waitFor } from '../../support/wait-for.ts';

const LATER: DeliveryOutcome = { kind: 'later', status: 503, retryAfterMs: 2_000, message: 'away' };
const WINDOW_MS = 2_500;
const harnesses: JoinHarness[] = [];

function createHarness(...args: ConstructorParameters<typeof JoinHarness>): JoinHarness {
  const harness = new JoinHarness(...args);
  harnesses.push(harness);
  return harness;
}

afterEach(async () => {
  for (const harness of harnesses.splice(0)) await harness.stop();
});

describe('two perspectives', () => {
  test('become one connection with the client’s counters, and what was lost on the way', async () => {
    const harness = createHarness();
    const client = harness.send(createPerspective('client', 1, { packets: 12, bytes: 1_400, reversePackets: 7 }));
    const server = harness.send(createPerspective('server', 1, { packets: 10, bytes: 1_250, reversePackets: 8 }));
    await expect(Promise.all([client, server])).resolves.toEqual([
      { kind: 'taken', rejectedRecords: 0, message: '' },
      { kind: 'taken', rejectedRecords: 0, message: '' },
    ]);
    expect(harness.counted).toMatchObject([
      {
        perspectives: 'both',
        intervalStartMs: SAMPLE_TIME_NS / 1e6,
        record: { packets: 12, bytes: 1_400 },
        serverRecord: { packets: 10 },
        lostPackets: 2,
        lostBytes: 150,
        reverseLostPackets: 1,
        flowsBegun: 1,
      },
    ]);
  });

  test('of different intervals do not meet', async () => {
    const harness = createHarness();
    void harness.send(createPerspective('client', 1, { event: 'update', sequence: 3 }));
    void harness.send(createPerspective('server', 1, later(10_000)));
    harness.nowMs = WINDOW_MS;
    await waitFor('both alone', () => harness.counted.length === 2);
    expect(harness.counted.map((each) => each.perspectives).toSorted()).toEqual(['client', 'server']);
  });

  test('meet when one observer ended within the interval', async () => {
    const harness = createHarness();
    void harness.send(createPerspective('client', 1, { intervalEndNs: SAMPLE_TIME_NS + 3.25e9 }));
    await harness.send(createPerspective('server', 1));
    expect(harness.counted).toMatchObject([{ perspectives: 'both' }]);
  });

  test('meet by the delivered tuple, whatever each end dialled', async () => {
    const harness = createHarness();
    const client = createPerspective('client', 1, {
      communityId: sampleCommunityId(77),
      natState: 'translated',
      natCommunityId: sampleCommunityId(1),
      destinationAddress: '10.96.0.10',
      destinationPort: 80,
      natSourceAddress: '10.244.1.2',
      natSourcePort: 32_769,
      natDestinationAddress: '10.244.2.9',
      natDestinationPort: 8080,
    });
    void harness.send(client);
    await harness.send(createPerspective('server', 1));
    expect(harness.counted).toMatchObject([
      {
        perspectives: 'both',
        source: { address: '10.244.1.2' },
        destination: { address: '10.244.2.9' },
        destinationPort: 8080,
        dialledAddress: '10.96.0.10',
        dialledPort: 80,
        translatedSourceAddress: undefined,
        communityId: sampleCommunityId(1),
      },
    ]);
  });
});

test('a masqueraded server’s perspective names the client, with the Community ID of the resolved tuple', async () => {
  const harness = createHarness();
  const answer = harness.send(
    createPerspective('server', 1, {
      sourceAddress: '172.30.0.11',
      sourcePort: 1546,
      destinationAddress: '5.6.7.8',
      destinationPort: 3344,
      natState: 'translated',
      natOriginalSourceAddress: '1.2.3.4',
      natOriginalSourcePort: 1122,
      natOriginalDestinationAddress: '172.30.0.11',
      natOriginalDestinationPort: 30080,
    }),
  );
  harness.nowMs = WINDOW_MS;
  await answer;
  expect(harness.counted).toMatchObject([
    {
      perspectives: 'server',
      serverRecord: undefined,
      source: { address: '1.2.3.4' },
      sourcePort: 1122,
      dialledAddress: '172.30.0.11',
      dialledPort: 30080,
      translatedSourceAddress: '172.30.0.11',
      translatedSourcePort: 1546,
      // The specification's own vector for this tuple.
      communityId: '1:wCb3OG7yAFWelaUydu0D+125CLM=',
    },
  ]);
});

describe('a perspective alone', () => {
  test('waits for the other for the whole window, and no longer', async () => {
    const harness = createHarness();
    const answer = harness.send(createPerspective('client', 1));
    harness.nowMs = WINDOW_MS - 1;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(harness.counted).toEqual([]);
    expect(harness.join.counters()).toMatchObject({ heldRecords: 1, waitingConnections: 1 });
    harness.nowMs = WINDOW_MS;
    await answer;
    expect(harness.counted).toMatchObject([{ perspectives: 'client', lostPackets: undefined }]);
  });

  test('does not wait where the other end can have no observer', async () => {
    const harness = createHarness({ resolver: createResolver({ '10.244.2.9': 'external' }) });
    await harness.send(createPerspective('client', 1));
    expect(harness.counted).toHaveLength(1);
  });

  test('does not wait for an end that never tells, until it tells again', async () => {
    const harness = createHarness();
    for (let i = 0; i < 8; i++) void harness.send(createPerspective('client', i));
    harness.nowMs = WINDOW_MS;
    await waitFor('the eight', () => harness.counted.length === 8);
    await harness.send(createPerspective('client', 8));
    expect(harness.counted).toHaveLength(9);
    await harness.send(createPerspective('server', 8));
    expect(harness.join.counters().unjoinedRecords).toEqual({ late: 1, duplicate: 0, unidentified: 0, unrelated: 0 });
    void harness.send(createPerspective('client', 9));
    await harness.send(createPerspective('server', 9));
    expect(harness.counted.at(-1)).toMatchObject({ perspectives: 'both' });
  });
});

describe('what comes again', () => {
  test('is taken, counted with its reason, and not doubled', async () => {
    const harness = createHarness();
    const answer = harness.send(createPerspective('client', 1));
    harness.nowMs = WINDOW_MS;
    await answer;
    await harness.send(createPerspective('client', 1));
    await harness.send(createPerspective('server', 1));
    expect(harness.counted).toHaveLength(1);
    expect(harness.join.counters().unjoinedRecords).toEqual({ late: 1, duplicate: 1, unidentified: 0, unrelated: 0 });
  });

  test('while its connection is with the outputs is answered as that is', async () => {
    const harness = createHarness({ resolver: createResolver({ '10.244.2.9': 'external' }) });
    const { promise, resolve } = Promise.withResolvers<DeliveryOutcome>();
    harness.answers.push(() => promise);
    const first = harness.send(createPerspective('client', 1));
    const second = harness.send(createPerspective('client', 1));
    resolve(LATER);
    await expect(first).resolves.toMatchObject({ kind: 'later', status: 503, retryAfterMs: 2_000 });
    await expect(second).resolves.toMatchObject({ kind: 'later' });
  });

  test('in one window adds up: a tuple used twice', async () => {
    const harness = createHarness();
    void harness.send(
      createPerspective('client', 1, { bytes: 100, packets: 1, event: 'end', tcpFlags: 2, startNs: SAMPLE_TIME_NS }),
      createPerspective('client', 1, {
        flowId: 'again',
        bytes: 200,
        packets: 3,
        tcpFlags: 16,
        endNs: SAMPLE_TIME_NS + 9e9,
      }),
    );
    await harness.send(createPerspective('server', 1, { packets: 4 }));
    expect(harness.counted).toMatchObject([
      {
        flowsBegun: 2,
        lostPackets: 0,
        record: { bytes: 300, packets: 4, tcpFlags: 18, startNs: SAMPLE_TIME_NS, endNs: SAMPLE_TIME_NS + 9e9 },
      },
    ]);
  });
});

describe('a tuple used again', () => {
  const second = { flowId: 'client-1-again', startNs: SAMPLE_TIME_NS + 6e9, bytes: 700, packets: 7 };

  test('after its connection went out counts as a further part, once', async () => {
    const harness = createHarness();
    void harness.send(createPerspective('client', 1));
    await harness.send(createPerspective('server', 1));
    await harness.send(createPerspective('client', 1, second));
    await harness.send(createPerspective('client', 1, second));
    await harness.send(createPerspective('server', 1, { ...second, flowId: 'server-1-again' }));
    expect(harness.counted.map((each) => [each.part === 0, each.record.bytes])).toEqual([
      [true, 1_000],
      [false, 700],
    ]);
    expect(harness.join.counters().unjoinedRecords).toEqual({ late: 0, duplicate: 2, unidentified: 0, unrelated: 0 });
  });

  test('while its connection is with the outputs too', async () => {
    const harness = createHarness({ resolver: createResolver({ '10.244.2.9': 'external' }) });
    const { promise, resolve } = Promise.withResolvers<DeliveryOutcome>();
    harness.answers.push(() => promise);
    const answers = [
      harness.send(createPerspective('client', 1)),
      harness.send(createPerspective('client', 1, second)),
      harness.send(createPerspective('client', 1, second)),
    ];
    resolve({ kind: 'taken', alreadyStored: undefined });
    await Promise.all(answers);
    expect(harness.counted.map((each) => each.record.bytes)).toEqual([1_000, 700]);
  });
});

test('what waits and is sent again, since its sender lost patience, is not added up', async () => {
  const harness = createHarness();
  const answers = [harness.send(createPerspective('client', 1)), harness.send(createPerspective('client', 1))];
  harness.nowMs = WINDOW_MS;
  await Promise.all(answers);
  expect(harness.counted).toMatchObject([{ record: { bytes: 1_000 }, flowsBegun: 1 }]);
});

describe('an output that says later', () => {
  test('sends back both requests, and what another output had stored by then counts once all the same', async () => {
    let offers = 0;
    const other = createOutput((batch) => {
      offers++;
      return { kind: 'taken', alreadyStored: offers === 1 ? undefined : new Set(batch.keys()) };
    });
    const harness = createHarness({}, other);
    harness.answers.push(() => LATER);
    const first = [harness.send(createPerspective('client', 1)), harness.send(createPerspective('server', 1))];
    expect((await Promise.all(first)).map((answer) => answer.kind)).toEqual(['later', 'later']);
    expect(harness.counted).toEqual([]);
    const again = [harness.send(createPerspective('client', 1)), harness.send(createPerspective('server', 1))];
    expect((await Promise.all(again)).map((answer) => answer.kind)).toEqual(['taken', 'taken']);
    expect(harness.counted).toMatchObject([{ perspectives: 'both' }]);
    expect(harness.join.counters()).toMatchObject({ receivedRecords: 4, joinedRecords: 2, sentBackRecords: 2 });
  });

  test('leaves what another replica stored meanwhile uncounted here', async () => {
    const harness = createHarness();
    harness.answers.push(
      () => LATER,
      () => ({ kind: 'taken', alreadyStored: new Set([0]) }),
    );
    const first = [harness.send(createPerspective('client', 1)), harness.send(createPerspective('server', 1))];
    expect((await Promise.all(first)).map((answer) => answer.kind)).toEqual(['later', 'later']);
    void harness.send(createPerspective('client', 1));
    await harness.send(createPerspective('server', 1));
    expect(harness.counted).toEqual([]);
  });

  test('leaves what another replica stored uncounted here', async () => {
    const harness = createHarness();
    harness.answers.push(() => ({ kind: 'taken', alreadyStored: new Set([0]) }));
    void harness.send(createPerspective('client', 1), createPerspective('client', 2));
    await harness.send(createPerspective('server', 1), createPerspective('server', 2));
    expect(harness.counted.map((each) => each.joinId)).toEqual([sampleCommunityId(2)]);
  });
});

/** Times of a report of the next interval, so much later than those of the samples. */
function later(laterMs: number): Partial<FlowRecord> {
  const [startNs, endNs] = [SAMPLE_TIME_NS + 1e9 + laterMs * 1e6, SAMPLE_TIME_NS + 2e9 + laterMs * 1e6];
  return { startNs, endNs, intervalEndNs: SAMPLE_TIME_NS + 20e9 };
}

describe('clocks that differ by less than the window', () => {
  const LATE = { startNs: SAMPLE_TIME_NS + 8e9, endNs: SAMPLE_TIME_NS + 9e9, event: 'end' } as const;
  const LATE_BY_SERVER = later(9_000);

  test.each([['client'], ['server']] as const)(
    'put a report into two intervals: it is one of the client’s, whoever tells first (%s)',
    async (first) => {
      const harness = createHarness();
      const client = createPerspective('client', 1, LATE);
      const server = createPerspective('server', 1, LATE_BY_SERVER);
      void harness.send(first === 'client' ? client : server);
      await harness.send(first === 'client' ? server : client);
      expect(harness.counted).toMatchObject([
        { perspectives: 'both', intervalStartMs: SAMPLE_TIME_NS / 1e6, record: { bytes: 1_000 }, lostPackets: 0 },
      ]);
    },
  );

  test('put it into two intervals: what comes again is known', async () => {
    const harness = createHarness();
    void harness.send(createPerspective('client', 1, LATE));
    await harness.send(createPerspective('server', 1, LATE_BY_SERVER));
    const again = [
      harness.send(createPerspective('server', 1, LATE_BY_SERVER)),
      harness.send(createPerspective('client', 1, LATE)),
    ];
    harness.nowMs = WINDOW_MS;
    expect((await Promise.all(again)).map(({ kind }) => kind)).toEqual(['taken', 'taken']);
    expect(harness.counted).toHaveLength(1);
    const { unjoinedRecords, receivedRecords, joinedRecords, heldRecords, waitingConnections } =
      harness.join.counters();
    expect(unjoinedRecords).toEqual({ late: 1, duplicate: 1, unidentified: 0, unrelated: 0 });
    expect({ receivedRecords, joinedRecords, heldRecords, waitingConnections }).toEqual({
      receivedRecords: 4,
      joinedRecords: 2,
      heldRecords: 0,
      waitingConnections: 0,
    });
  });

  test('leave the server a rest for the next interval, after the client told of the end: it adds nothing', async () => {
    const harness = createHarness();
    void harness.send(createPerspective('server', 1));
    await harness.send(createPerspective('client', 1, { sequence: 4, event: 'end' }));
    const rest = harness.send(createPerspective('server', 1, { ...LATE_BY_SERVER, sequence: 5, event: 'end' }));
    harness.nowMs = WINDOW_MS;
    expect(await rest).toMatchObject({ kind: 'taken' });
    expect(harness.counted).toMatchObject([{ perspectives: 'both' }]);
    expect(harness.join.counters()).toMatchObject({ unjoinedRecords: { late: 1 }, heldRecords: 0 });
  });

  test('let the server see the begin in the interval before the client did: that adds nothing', async () => {
    const harness = createHarness();
    const early = harness.send(createPerspective('server', 1, LATE));
    harness.nowMs = 1;
    void harness.send(createPerspective('client', 1, { ...later(13_000), event: 'update' }));
    await harness.send(createPerspective('server', 1, { ...later(11_000), sequence: 1, event: 'update' }));
    harness.nowMs = WINDOW_MS;
    expect(await early).toMatchObject({ kind: 'taken' });
    expect(harness.counted).toMatchObject([{ perspectives: 'both', intervalStartMs: SAMPLE_TIME_NS / 1e6 + 10_000 }]);
    expect(harness.join.counters()).toMatchObject({ unjoinedRecords: { late: 1 }, heldRecords: 0 });
  });

  test('do not make a server’s report vanish whose client told of no end', async () => {
    const harness = createHarness();
    void harness.send(createPerspective('server', 1));
    await harness.send(createPerspective('client', 1, { sequence: 4, event: 'update' }));
    const next = harness.send(createPerspective('server', 1, LATE_BY_SERVER));
    harness.nowMs = WINDOW_MS;
    await next;
    expect(harness.counted).toMatchObject([{ perspectives: 'both' }, { perspectives: 'server' }]);
  });
});

test('a request beyond what may be held is told to come back', async () => {
  const harness = createHarness({ maxHeldRecords: 2 });
  const held = harness.send(createPerspective('client', 1), createPerspective('client', 2));
  await expect(harness.send(createPerspective('client', 3))).resolves.toMatchObject({ kind: 'later', status: 429 });
  harness.nowMs = WINDOW_MS;
  await held;
  expect(harness.join.counters()).toMatchObject({ receivedRecords: 3, sentBackRecords: 1, heldRecords: 0 });
});

test('a record without a Community ID gets the one of its tuple, and one without addresses is counted', async () => {
  const harness = createHarness({ resolver: createResolver({ '5.6.7.8': 'external' }) });
  const tuple = { sourceAddress: '1.2.3.4', sourcePort: 1122, destinationAddress: '5.6.7.8', destinationPort: 3344 };
  await harness.send(
    createPerspective('client', 1, { ...tuple, communityId: '' }),
    createPerspective('client', 2, { communityId: '', sourceAddress: 'nowhere' }),
  );
  expect(harness.counted.map((each) => each.joinId)).toEqual(['1:wCb3OG7yAFWelaUydu0D+125CLM=']);
  expect(harness.join.counters().unjoinedRecords.unidentified).toBe(1);
});

test('stop sends out what waits', async () => {
  const harness = createHarness();
  const answer = harness.send(createPerspective('client', 1));
  await harness.stop();
  await expect(answer).resolves.toMatchObject({ kind: 'taken' });
  expect(harness.counted).toHaveLength(1);
});

/**
 * A Collector that sends everything until it is taken, in random order and pieces, to an output that fails at random:
 * each connection counts once, with the bytes of its first perspective to go out, and every record is accounted for.
 */
test.each([1, 2, 3, 4, 5])('whatever comes in whatever order counts once (seed %i)', async (seed) => {
  const random = seededRandom(seed);
  const stored = new Set<string>();
  const untold = new Set<string>();
  const harness = createHarness({ windowMs: 30, batchConnections: 7, nowMs: () => performance.now() });
  const store = (batch: readonly { joinId: string; intervalStartMs: number }[]): DeliveryOutcome => {
    const isAway = random(4) === 0;
    const already = new Set<number>();
    for (const [i, each] of batch.entries()) {
      const key = `${each.joinId} ${each.intervalStartMs}`;
      const isStored = stored.has(key);
      if (!isStored && isAway && random(2) === 0) untold.add(key);
      if (!isAway && isStored && !untold.delete(key)) already.add(i);
      if (!isAway || untold.has(key)) stored.add(key);
    }
    return isAway ? LATER : { kind: 'taken', alreadyStored: already };
  };
  for (let i = 0; i < 2_000; i++) harness.answers.push(store);
  const records = Array.from({ length: 300 }, (_, i): FlowRecord => {
    const side = random(2) === 0 ? 'client' : 'server';
    const within = { event: 'update', sequence: 1 + random(2) } as const;
    return createPerspective(side, i % 120, within.sequence === 1 ? within : { ...later(10_000), ...within });
  });
  const sendUntilTaken = async (request: FlowRecord[]): Promise<void> => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, random(60)));
      const answer = await harness.send(...request.map((record) => ({ ...record })));
      if (answer.kind === 'taken' && random(10) !== 0) return;
    }
  };
  const requests: Promise<void>[] = [];
  for (let at = 0; at < records.length;) {
    const size = 1 + random(9);
    requests.push(sendUntilTaken(records.slice(at, at + size)));
    at += size;
  }
  await Promise.all(requests);
  const keys = harness.counted.map((each) => `${each.joinId} ${each.intervalStartMs}`);
  expect(new Set(keys).size).toBe(keys.length);
  const expected = new Set(records.map((each) => `${each.communityId} ${each.intervalEndNs / 1e6 - 10_000}`));
  expect(new Set(keys)).toEqual(expected);
  const { receivedRecords, joinedRecords, unjoinedRecords, sentBackRecords, heldRecords } = harness.join.counters();
  const unjoined = Object.values(unjoinedRecords).reduce((sum, count) => sum + count, 0);
  expect(heldRecords).toBe(0);
  expect(joinedRecords + unjoined + sentBackRecords).toBe(receivedRecords);
});
