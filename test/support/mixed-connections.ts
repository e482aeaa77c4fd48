import type { Connection } from '../../src/model/connection.ts';
import { DROP_REASONS } from '../../src/model/drop-reason.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { FLOW_SYMPTOMS } from '../../src/model/flow-symptom.ts';
import type { NamedEnd, NamedService } from '../../src/model/named-end.ts';
import { POLICY_FINDINGS } from '../../src/model/policy-judgement.ts';
import { createSampleConnection, UDP_FACTS } from './sample-connections.ts';
import { createAllowed, createEvidence, createJudgement, createUnknown } from './sample-judgements.ts';
import { createEnd, createExternalEnd, createPodEnd, createService } from './sample-ends.ts';
import type { seededRandom } from './seeded-random.ts';

type Random = ReturnType<typeof seededRandom>;

const NAMESPACES = ['shop', 'bank', 'kube-system'];
const JUDGEMENTS = [createJudgement(), createAllowed(), createUnknown()];
const SERVICES = [createService('cart'), createService('cart', { namespaceName: 'bank' }), createService('pay')];

/** Ends of every kind: pods of six workloads in three namespaces, addresses within and outside the cluster. */
export function createMixedEnds(): readonly NamedEnd[] {
  const pods = Array.from({ length: 24 }, (_, i) =>
    createPodEnd(`10.244.${i % 4}.${10 + i}`, `app-${i % 6}`, i, { namespaceName: NAMESPACES[i % 3]! }),
  );
  return [
    ...pods,
    createExternalEnd('203.0.113.10'),
    createExternalEnd('198.51.100.7'),
    createEnd('192.168.7.1', { kind: 'node', nodeName: 'node-1' }),
    createEnd('192.168.7.2', { kind: 'ambiguous', nodeName: 'node-2', candidateCount: 3 }),
    createEnd('10.244.9.9'),
    createEnd('10.96.0.99', { kind: 'service', namespaceName: 'bank', serviceName: 'ledger' }),
  ];
}

/** A plausible connection of an interval between any two of the ends. */
export function createMixedConnection(random: Random, ends: readonly NamedEnd[], intervalStartMs: number): Connection {
  const service: NamedService | undefined = random(3) === 0 ? pick(random, SERVICES) : undefined;
  const dialled = service && { dialledAddress: `10.96.0.${1 + random(9)}`, dialledPort: 80 + random(3) };
  const server = { packets: random(100_000), reversePackets: random(100_000) };
  return createSampleConnection({
    intervalStartMs,
    source: pick(random, ends),
    sourcePort: 32_768 + random(28_000),
    destination: pick(random, ends),
    destinationPort: pick(random, [53, 80, 443, 8080]),
    service,
    ...dialled,
    flowsBegun: random(4),
    judgement: random(4) > 0 ? pick(random, JUDGEMENTS) : undefined,
    finding: random(6) === 0 ? pick(random, POLICY_FINDINGS) : undefined,
    evidence: random(8) === 0 ? [createEvidence({ packets: random(50), reason: pick(random, DROP_REASONS) })] : [],
    record: createFacts(random, intervalStartMs),
    ...(random(3) === 0 ? { serverRecord: server } : {}),
  });
}

function createFacts(random: Random, intervalStartMs: number): Partial<FlowRecord> {
  const failure = random(6) === 0 ? pick(random, ['dropped', 'rejected'] as const) : undefined;
  const startNs = intervalStartMs * 1e6 + random(5_000) * 1e6;
  const tcp = { retransmits: random(9), reverseRetransmits: random(9), rttNs: random(9_000_000) };
  return {
    ...(random(3) > 0 ? tcp : UDP_FACTS),
    startNs,
    endNs: startNs + random(4_000) * 1e6,
    event: pick(random, ['start', 'update', 'end']),
    sequence: random(3),
    bytes: random(2 ** 32),
    packets: random(100_000),
    reverseBytes: random(2 ** 32),
    reversePackets: random(100_000),
    verdict: failure ?? pick(random, ['forwarded', 'forwarded', 'unknown']),
    dropReason: failure && random(8) > 0 ? pick(random, DROP_REASONS) : undefined,
    dropPackets: failure && random(50),
    symptoms: random(3) === 0 ? random(1 << FLOW_SYMPTOMS.length) : 0,
  };
}

function pick<const Value>(random: Random, values: readonly Value[]): Value {
  return values[random(values.length)]!;
}
