import { describe, expect, test } from '@jest/globals';
import type { Connection } from '../../../src/model/connection.ts';
import { FLOW_SYMPTOMS, SYMPTOM_BIT } from '../../../src/model/flow-symptom.ts';
import {
  ConnectionCounters,
  type ConnectionCountersOptions,
} from '../../../src/prometheus/connection/connection-counters.ts';
import { parsePrometheusText, readTwice, select, sumOf, type Family } from '../../support/prometheus-text.ts';
import {
  createSampleConnection,
  NO_TRAFFIC,
  REFUSED,
  UNANSWERED,
  type ConnectionChanges,
} from '../../support/sample-connections.ts';
import { createPodEnd } from '../../support/sample-ends.ts';
import { createAllowed, createEvidence, createJudgement, createUnknown } from '../../support/sample-judgements.ts';

const FINDINGS = 'podflow_flow_findings_total';
const SYMPTOMS = 'podflow_flow_symptoms_total';
const DROPPED = 'podflow_flow_dropped_total';
const DROPPED_PACKETS = 'podflow_flow_dropped_packets_total';
const LOST_PACKETS = 'podflow_flow_lost_packets_total';

const WEB = createPodEnd('10.244.1.7', 'web', 7);
const CART = createPodEnd('10.244.2.9', 'cart', 9);
const DENIED = { judgement: createJudgement(), finding: 'denied' } as const;
const UNEXPLAINED = { judgement: createAllowed(), finding: 'unexplained' } as const;
const LEAK = { judgement: createJudgement(), finding: 'unexpectedly_allowed' } as const;

type Harness = { counters: ConnectionCounters; clock: { ms: number } };

function create(options: ConnectionCountersOptions = {}): Harness {
  const clock = { ms: 0 };
  return { counters: new ConnectionCounters({ nowMs: () => clock.ms, ...options }), clock };
}

function connect(changes: ConnectionChanges): Connection {
  return createSampleConnection({ source: WEB, destination: CART, ...changes });
}

/** A connection of which only evidence tells. */
function witness(changes: ConnectionChanges = {}): Connection {
  const evidence = [createEvidence()];
  const record = { ...NO_TRAFFIC, dropReason: 'netfilter_drop', dropPackets: 3, ...changes.record } as const;
  return connect({ perspectives: 'none', evidence, ...changes, record });
}

function read(counters: ConnectionCounters): Map<string, Family> {
  return parsePrometheusText([...counters.exposition()].join(''));
}

function countAndRead(...batch: Connection[]): Map<string, Family> {
  const { counters } = create();
  counters.accept(batch);
  return readTwice(counters);
}

describe('findings', () => {
  test('are told by pair of workloads, and by the policy to look at', () => {
    const families = countAndRead(connect({ ...DENIED, record: UNANSWERED }), connect({ ...LEAK, flowsBegun: 3 }));
    const labels = {
      src_namespace: 'shop',
      src_workload: 'web',
      src_kind: 'pod',
      dst_namespace: 'shop',
      dst_workload: 'cart',
      dst_kind: 'pod',
      dst_service: '',
      transport: 'tcp',
      policy_namespace: 'shop',
      policy: 'access-nginx',
      policy_direction: 'ingress',
    };
    expect(select(families, FINDINGS)).toEqual([
      { name: FINDINGS, labels: { ...labels, finding: 'denied' }, value: 1 },
      { name: FINDINGS, labels: { ...labels, finding: 'unexpectedly_allowed' }, value: 3 },
    ]);
  });

  test('of what is not explained name no policy', () => {
    const families = countAndRead(connect({ ...UNEXPLAINED, record: UNANSWERED }));
    const labels = { finding: 'unexplained', policy: '', policy_namespace: '', policy_direction: '' };
    expect(sumOf(families, FINDINGS, labels)).toBe(1);
  });

  test('of a failed connection count once, when they are first told', () => {
    const families = countAndRead(
      connect({ record: { ...UNANSWERED, sequence: 0 } }),
      connect({ ...DENIED, record: { ...UNANSWERED, event: 'update', sequence: 1 } }),
      connect({ ...DENIED, record: { ...UNANSWERED, event: 'update', sequence: 2 } }),
      connect({ ...DENIED, record: { ...UNANSWERED, event: 'end', sequence: 3 } }),
      connect({ ...DENIED, sourcePort: 50_002, record: { ...UNANSWERED, sequence: 0 } }),
    );
    expect(sumOf(families, FINDINGS)).toBe(2);
    expect(sumOf(families, DROPPED)).toBe(2);
  });

  test('of a connection that failed though its verdict is not known count too', () => {
    expect(sumOf(countAndRead(connect({ ...DENIED, record: { verdict: 'unknown' } })), FINDINGS)).toBe(1);
  });

  test('of a connection that got through do not count again while it lasts', () => {
    const families = countAndRead(connect({ ...LEAK, flowsBegun: 1 }), connect({ ...LEAK, flowsBegun: 0 }));
    expect(sumOf(families, FINDINGS, { finding: 'unexpectedly_allowed' })).toBe(1);
  });

  test('with odd names are escaped', () => {
    const name = 'a"b\\c\nd{e="f"} 1';
    const judgement = createJudgement({ policy: { name, namespaceName: `${name}!` } });
    const families = countAndRead(connect({ ...DENIED, judgement, record: UNANSWERED }));
    expect(sumOf(families, FINDINGS, { policy: name, policy_namespace: `${name}!` })).toBe(1);
  });

  test('are not told without the group of workloads', () => {
    const { counters } = create({ groups: ['pod'] });
    counters.accept([connect({ ...DENIED, record: UNANSWERED })]);
    expect([...readTwice(counters).keys()].filter((name) => name.includes('finding'))).toEqual([]);
  });
});

describe('the cap on series of findings', () => {
  /** Denied by a policy of its own each. */
  function deniedBy(index: number): Connection {
    const judgement = createJudgement({ policy: { namespaceName: 'shop', name: `policy-${index}` } });
    return connect({ ...DENIED, judgement, sourcePort: 1_024 + index, record: { ...UNANSWERED, sequence: 0 } });
  }

  test('what is beyond counts into other, and nothing is lost of the sum', () => {
    const { counters } = create({ findingSeriesLimit: 100 });
    counters.accept(Array.from({ length: 5_000 }, (_, i) => deniedBy(i)));
    const families = readTwice(counters);
    expect(select(families, FINDINGS)).toHaveLength(101);
    expect(sumOf(families, FINDINGS)).toBe(5_000);
    const other = { policy: 'other', src_workload: 'other', dst_kind: 'pod', policy_direction: 'ingress' };
    expect(sumOf(families, FINDINGS, { ...other, finding: 'denied' })).toBe(4_900);
    expect(counters.findingTotals()).toEqual({ series: 100, overflow: 4_900 });
  });

  test('idle series go and make room', () => {
    const { counters, clock } = create({ findingSeriesLimit: 1, pairSeriesTtlMs: 1_000 });
    counters.accept([deniedBy(1)]);
    clock.ms = 1_000;
    counters.accept([deniedBy(2)]);
    expect(select(readTwice(counters), FINDINGS).map(({ labels }) => labels['policy'])).toEqual(['policy-2']);
    expect(counters.findingTotals()).toEqual({ series: 1, overflow: 0 });
  });

  test('many policies stay within it', () => {
    const { counters } = create({ findingSeriesLimit: 50 });
    const base = connect({ ...DENIED, record: { ...UNANSWERED, sequence: 0, event: 'end' } });
    const judgement = createJudgement();
    for (let i = 0; i < 200; i++) {
      const policy = { namespaceName: `n${i}`, name: `p${i}` };
      counters.accept(
        Array.from({ length: 1_000 }, (_, k) => ({
          ...base,
          joinId: `1:${i}-${k}`,
          judgement: { ...judgement, policy },
        })),
      );
    }
    const families = readTwice(counters);
    expect(select(families, FINDINGS)).toHaveLength(51);
    expect(sumOf(families, FINDINGS)).toBe(200_000);
  }, 30_000);
});

describe('series of failures begin at 0, so that their first burst has a rate', () => {
  test('in the first exposition that has them, whatever was counted before', () => {
    const { counters } = create();
    counters.accept([
      connect({ ...DENIED, record: { ...UNANSWERED, symptoms: SYMPTOM_BIT.reset }, serverRecord: { packets: 2 } }),
      connect({ sourcePort: 50_002, record: { ...REFUSED, dropReason: 'admin_prohibited' } }),
    ]);
    const [first, second] = [read(counters), read(counters)];
    for (const name of [DROPPED, DROPPED_PACKETS, LOST_PACKETS, FINDINGS, SYMPTOMS]) {
      expect([name, select(first, name).length > 0, sumOf(first, name)]).toEqual([name, true, 0]);
      expect([name, sumOf(second, name)]).toEqual([name, name === DROPPED ? 2 : name === DROPPED_PACKETS ? 4 : 1]);
    }
  });

  test('one by one: a reason that comes later begins at 0 then', () => {
    const { counters } = create();
    counters.accept([connect({ record: UNANSWERED })]);
    readTwice(counters);
    counters.accept([connect({ sourcePort: 50_002, record: { ...REFUSED, dropReason: 'admin_prohibited' } })]);
    const told = (): number[] =>
      ['syn_unanswered', 'admin_prohibited'].map((reason) => sumOf(read(counters), DROPPED, { reason }));
    expect(told()).toEqual([1, 1]);
  });

  test('again when a series returns after it was removed', () => {
    const { counters, clock } = create({ pairSeriesTtlMs: 1_000 });
    counters.accept([connect({ ...DENIED, record: UNANSWERED })]);
    expect(sumOf(readTwice(counters), FINDINGS)).toBe(1);
    clock.ms = 1_000;
    expect(select(read(counters), FINDINGS)).toEqual([]);
    counters.accept([connect({ ...DENIED, sourcePort: 50_002, record: UNANSWERED })]);
    expect([sumOf(read(counters), FINDINGS), sumOf(read(counters), DROPPED)]).toEqual([0, 1]);
  });
});

describe('symptoms', () => {
  test.each(FLOW_SYMPTOMS)('%s: counted in each report, by whoever saw it', (symptom) => {
    const symptoms = SYMPTOM_BIT[symptom];
    const families = countAndRead(
      connect({ record: { symptoms } }),
      connect({ record: { symptoms }, serverRecord: { symptoms } }),
      connect({ record: { symptoms: 0 }, serverRecord: { symptoms } }),
      connect({ record: { symptoms: 0 } }),
    );
    expect(select(families, SYMPTOMS).map(({ labels, value }) => [labels['symptom'], value])).toEqual([[symptom, 3]]);
  });
});

describe('evidence alone', () => {
  test('counts a failure, and neither traffic nor a connection', () => {
    const families = countAndRead(witness());
    expect(sumOf(families, DROPPED, { reason: 'netfilter_drop' })).toBe(1);
    expect(sumOf(families, DROPPED_PACKETS)).toBe(3);
    for (const what of ['bytes', 'packets', 'connections', 'tcp_retransmits'])
      expect([what, sumOf(families, `podflow_flow_${what}_total`)]).toEqual([what, 0]);
  });

  test('counts once, however often it tells', () => {
    const later = [10_000, 20_000, 600_000].map((ms) =>
      witness({ intervalStartMs: witness().intervalStartMs + ms, ...DENIED }),
    );
    const families = countAndRead(witness(DENIED), ...later);
    expect([sumOf(families, DROPPED), sumOf(families, FINDINGS)]).toEqual([1, 1]);
  });

  test.each([
    ['before', [witness(DENIED), connect({ ...DENIED, record: UNANSWERED })]],
    ['after', [connect({ ...DENIED, record: { ...UNANSWERED, event: 'end' } }), witness({ ...DENIED, part: 1 })]],
  ])('does not count %s the report of its connection once more', (_, batch) => {
    const families = countAndRead(...batch);
    expect([sumOf(families, DROPPED), sumOf(families, FINDINGS)]).toEqual([1, 1]);
  });

  test('leaves a later attempt of the same tuple to count', () => {
    const attempt = (sequence: number): Connection => connect({ record: { ...REFUSED, sequence } });
    expect(sumOf(countAndRead(witness(), attempt(0), attempt(0)), DROPPED)).toBe(2);
  });

  test('of a connection that got through counts no failure', () => {
    const families = countAndRead(connect({ evidence: [createEvidence({ reason: 'queue_full', packets: 2 })] }));
    expect([sumOf(families, DROPPED), sumOf(families, DROPPED_PACKETS)]).toEqual([0, 0]);
    const alone = countAndRead(witness({ verdict: 'forwarded', dropReason: undefined }));
    expect([sumOf(alone, DROPPED), sumOf(alone, DROPPED_PACKETS)]).toEqual([0, 0]);
  });

  test('tells the packets where the observers cannot', () => {
    const evidence = [createEvidence({ packets: 2 }), createEvidence({ source: 'vpc_flow_log', packets: 5 })];
    const families = countAndRead(connect({ record: { verdict: 'unknown' }, verdict: 'dropped', evidence }));
    expect(sumOf(families, DROPPED_PACKETS)).toBe(5);
  });
});

describe('what is told of all connections together', () => {
  test('judgements of connections that began, and of failures that only evidence tells', () => {
    const { counters } = create();
    counters.accept([
      connect({ judgement: createAllowed(), flowsBegun: 4 }),
      connect({ judgement: createAllowed(), flowsBegun: 0 }),
      connect({ judgement: createJudgement(), flowsBegun: 1 }),
      connect({ flowsBegun: 7 }),
      witness({ judgement: createJudgement(), sourcePort: 50_002 }),
      witness({ judgement: createJudgement(), sourcePort: 50_002, part: 1 }),
      connect({ judgement: createUnknown(), flowsBegun: 2 }),
    ]);
    expect(counters.judgementTotals().verdicts).toEqual({ allowed: 4, denied: 2, unknown: 2 });
  });

  test('packets by who saw them dropped, usual reasons at 0 from the start', () => {
    const { counters } = create();
    const agent = createEvidence({ source: 'network_policy_agent', reason: 'policy_agent_deny', packets: 4 });
    counters.accept([connect({ evidence: [createEvidence({ packets: 2 }), agent] }), witness()]);
    const { evidencePackets } = counters.judgementTotals();
    expect(evidencePackets.kernel).toMatchObject({ netfilter_drop: 5, no_socket: 0, queue_full: 0 });
    expect(evidencePackets.network_policy_agent).toEqual({ policy_agent_deny: 4 });
    expect(evidencePackets.vpc_flow_log).toEqual({ vpc_reject: 0 });
  });
});
