import { describe, expect, test } from '@jest/globals';
import { WorkloadPairs } from '../../../src/roles/enrich/workload-pairs.ts';
import { createSampleConnection, REFUSED } from '../../support/sample-connections.ts';
import { createEnd, createExternalEnd, createPodEnd, createService } from '../../support/sample-ends.ts';

const WEB = [createPodEnd('10.244.0.11', 'web', 0), createPodEnd('10.244.0.12', 'web', 1)];
const CART = createPodEnd('10.244.0.21', 'cart', 2);

describe('the sums of workloads', () => {
  test('take the pods of a workload as one, and each connection once', () => {
    const pairs = new WorkloadPairs();
    const through = { destination: CART, service: createService('cart') };
    pairs.accept([
      createSampleConnection({ source: WEB[0]!, ...through, flowsBegun: 1, serverRecord: { packets: 9 } }),
      createSampleConnection({ source: WEB[1]!, ...through, flowsBegun: 2 }),
    ]);
    pairs.accept([createSampleConnection({ source: WEB[1]!, ...through, flowsBegun: 0, perspectives: 'server' })]);
    const { connections, perspectives, workloads } = pairs.summary();
    expect([connections, perspectives]).toEqual([3, { both: 1, client: 1, server: 1, none: 0 }]);
    expect(workloads).toHaveLength(1);
    expect(workloads[0]).toMatchObject({
      source: 'Deployment shop/web',
      destination: 'Deployment shop/cart',
      service: 'service shop/cart',
      packets: 30,
      reversePackets: 33,
      lostPackets: 1,
    });
  });

  test('tell ends that are no pods by what is known of them', () => {
    const pairs = new WorkloadPairs();
    const ends = [
      createExternalEnd('203.0.113.9'),
      createEnd('10.0.0.7', { kind: 'node', nodeName: 'worker-7' }),
      createEnd('10.96.0.20', { kind: 'service', namespaceName: 'shop', serviceName: 'cart' }),
      createEnd('10.244.9.9'),
      createPodEnd('10.244.0.31', 'x', 3, { workloadKind: undefined, workloadName: undefined, podName: 'bare' }),
    ];
    pairs.accept(ends.map((destination) => createSampleConnection({ source: WEB[0]!, destination })));
    const named = pairs.summary().workloads.map(({ destination }) => destination);
    expect(named.toSorted()).toEqual([
      '10.244.9.9',
      '203.0.113.9',
      'Pod shop/bare',
      'node worker-7',
      'service shop/cart',
    ]);
  });

  test('count a failing connection once, however often it is reported', () => {
    const pairs = new WorkloadPairs();
    const failing = createSampleConnection({
      source: WEB[0]!,
      destination: CART,
      record: { ...REFUSED, event: 'start' },
    });
    pairs.accept([failing]);
    pairs.accept([{ ...failing, record: { ...failing.record, event: 'end', sequence: 1 } }]);
    expect(pairs.summary().workloads[0]?.failures).toEqual({ connection_refused: 1 });
  });

  test('are bounded: what finds no room counts as other', () => {
    const pairs = new WorkloadPairs();
    for (let i = 0; i < 10_050; i++) {
      const source = createExternalEnd(`198.18.${i >> 8}.${i & 255}`);
      pairs.accept([createSampleConnection({ source, destination: CART, flowsBegun: 1 })]);
    }
    const { connections, workloads } = pairs.summary();
    expect(connections).toBe(10_050);
    expect(workloads).toHaveLength(10_001);
    expect(workloads.find(({ source }) => source === 'other')).toMatchObject({ connections: 50, packets: 500 });
  });
});
