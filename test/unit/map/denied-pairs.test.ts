import { describe, expect, test } from '@jest/globals';
import { DeniedPairs } from '../../../src/map/denied-pairs.ts';
import type { Connection } from '../../../src/model/connection.ts';
import type { DirectionJudgement, PolicyJudgement } from '../../../src/model/policy-judgement.ts';
import {
  createSampleConnection,
  REFUSED,
  SAMPLE_INTERVAL_MS,
  UNANSWERED,
  type ConnectionChanges,
} from '../../support/sample-connections.ts';
import { createExternalEnd, createPodEnd, createService } from '../../support/sample-ends.ts';

const WEB = createPodEnd('10.244.0.10', 'web');
const CART = createPodEnd('10.244.0.20', 'cart');
const SECOND_CART = createPodEnd('10.244.0.21', 'cart', 1);
const MINUTE_MS = 60_000;

const INGRESS: DirectionJudgement = {
  direction: 'ingress',
  verdict: 'denied',
  cause: 'no_rule_for_peer',
  selecting: [{ namespaceName: 'shop', name: 'only-admin' }],
  matched: undefined,
};
const JUDGEMENT: PolicyJudgement = {
  verdict: 'denied',
  egress: { ...INGRESS, direction: 'egress', verdict: 'allowed', cause: 'not_isolated', selecting: [] },
  ingress: INGRESS,
  deciding: INGRESS,
  policy: { namespaceName: 'shop', name: 'only-admin' },
  why: 'no rule admits web',
};

let nextPort = 40_000;

function fail(changes: ConnectionChanges = {}): Connection {
  const { record, ...rest } = changes;
  const facts = { ...UNANSWERED, sequence: 0, ...record };
  return createSampleConnection({
    source: WEB,
    destination: CART,
    sourcePort: nextPort++,
    destinationPort: 8080,
    ...rest,
    record: facts,
  });
}

function createPairs(options: { readonly pairLimit?: number } = {}): { pairs: DeniedPairs; clock: { nowMs: number } } {
  const clock = { nowMs: SAMPLE_INTERVAL_MS + 10_000 };
  return { pairs: new DeniedPairs({ windowMs: 5 * MINUTE_MS, nowMs: () => clock.nowMs, ...options }), clock };
}

describe('the pairs that failed', () => {
  test('tell workloads, Service, port, reason and the policy that denies, and what they sum up to', () => {
    const { pairs } = createPairs();
    const service = createService('cart');
    const denied = { service, judgement: JUDGEMENT, finding: 'denied' } as const;
    pairs.accept([fail(denied), fail({ ...denied, destination: SECOND_CART })]);
    const { pairs: told, omittedPairs, overflowConnections } = pairs.list({ limit: 10 });
    expect({ omittedPairs, overflowConnections }).toEqual({ omittedPairs: 0, overflowConnections: 0 });
    expect(told).toEqual([
      {
        source: expect.objectContaining({
          kind: 'pod',
          namespaceName: 'shop',
          workloadName: 'web',
          address: undefined,
        }),
        destination: expect.objectContaining({ workloadKind: 'Deployment', workloadName: 'cart' }),
        serviceNamespaceName: 'shop',
        serviceName: 'cart',
        transport: 'tcp',
        destinationPort: 8080,
        verdict: 'dropped',
        reason: 'syn_unanswered',
        finding: 'denied',
        policyNamespaceName: 'shop',
        policyName: 'only-admin',
        policyDirection: 'ingress',
        why: 'no rule admits web',
        connections: 2,
        packets: 6,
        firstSeenMs: SAMPLE_INTERVAL_MS + 1_024,
        lastSeenMs: SAMPLE_INTERVAL_MS + 8_192,
      },
    ]);
  });

  test('come most frequent first, up to the limit', () => {
    const { pairs } = createPairs();
    pairs.accept([fail({ destinationPort: 1 }), fail({ destinationPort: 2 }), fail({ destinationPort: 3 })]);
    pairs.accept([fail({ destinationPort: 3 }), fail({ destinationPort: 3 }), fail({ destinationPort: 2 })]);
    const { pairs: told, omittedPairs } = pairs.list({ limit: 2 });
    expect(told.map(({ destinationPort, connections }) => [destinationPort, connections])).toEqual([
      [3, 3],
      [2, 2],
    ]);
    expect(omittedPairs).toBe(1);
  });

  test('count a connection once, however many reports say that it fails, and all of its packets', () => {
    const { pairs } = createPairs();
    const [first, later] = [0, 1].map((sequence) =>
      fail({ sourcePort: 39_999, record: { sequence, event: sequence === 0 ? 'start' : 'update' } }),
    );
    pairs.accept([first!]);
    pairs.accept([later!]);
    expect(pairs.list({ limit: 10 }).pairs).toMatchObject([{ connections: 1, packets: 6 }]);
  });

  test('leave out what was forwarded', () => {
    const { pairs } = createPairs();
    pairs.accept([createSampleConnection()]);
    expect(pairs.list({ limit: 10 }).pairs).toEqual([]);
  });

  test('can be asked for by namespace and by finding', () => {
    const { pairs } = createPairs();
    const bank = createPodEnd('10.244.0.30', 'ledger', 2, { namespaceName: 'bank' });
    pairs.accept([
      fail({ judgement: JUDGEMENT, finding: 'denied', destinationPort: 1 }),
      fail({ judgement: { ...JUDGEMENT, verdict: 'allowed' }, finding: 'unexplained', destinationPort: 2 }),
      fail({ destination: bank, destinationPort: 3, record: { ...REFUSED, sequence: 0 } }),
    ]);
    const ports = (query: Omit<Parameters<DeniedPairs['list']>[0], 'limit'>) =>
      new Set(pairs.list({ ...query, limit: 10 }).pairs.map(({ destinationPort }) => destinationPort));
    expect(ports({ findings: new Set(['denied']) })).toEqual(new Set([1]));
    expect(ports({ findings: new Set(['unexplained', 'none']) })).toEqual(new Set([2, 3]));
    expect(ports({ namespace: 'bank' })).toEqual(new Set([3]));
    expect(ports({ namespace: 'shop' })).toEqual(new Set([1, 2, 3]));
  });

  test('are forgotten when the window has left them behind', () => {
    const { pairs, clock } = createPairs();
    pairs.accept([fail()]);
    clock.nowMs += 4 * MINUTE_MS;
    expect(pairs.list({ limit: 10 }).pairs).toHaveLength(1);
    clock.nowMs += 2 * MINUTE_MS;
    expect(pairs.list({ limit: 10 }).pairs).toEqual([]);
    pairs.accept([fail()]);
    expect(pairs.list({ limit: 10 }).pairs).toEqual([]);
  });

  test('sum what the window holds only', () => {
    const { pairs, clock } = createPairs();
    for (let minute = 0; minute < 12; minute++) {
      pairs.accept([fail({ intervalStartMs: SAMPLE_INTERVAL_MS + minute * MINUTE_MS })]);
      clock.nowMs += MINUTE_MS;
    }
    expect(pairs.list({ limit: 10 }).pairs).toMatchObject([{ connections: 4 }]);
  });

  test('take bounded room: many addresses outside leave room for pods, and the rest is counted', () => {
    const { pairs } = createPairs({ pairLimit: 8 });
    const outside = Array.from({ length: 50 }, (_, i) =>
      fail({ source: createExternalEnd(`203.0.113.${i}`), destinationPort: 443 }),
    );
    pairs.accept(outside);
    const [most] = pairs.list({ limit: 10 }).pairs;
    expect(most).toMatchObject({ source: { kind: 'external', address: undefined }, connections: 48 });
    pairs.accept(Array.from({ length: 20 }, (_, i) => fail({ destinationPort: 1_000 + i })));
    const { pairs: told, overflowConnections } = pairs.list({ limit: 100 });
    expect(told).toHaveLength(8);
    expect(told.reduce((sum, { connections }) => sum + connections, 0) + overflowConnections).toBe(70);
  });
});
