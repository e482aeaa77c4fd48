import { DROP_PLACES, PERSPECTIVES, type Connection } from '../../src/model/connection.ts';
import { EVIDENCE_SOURCES } from '../../src/model/drop-evidence.ts';
import { DROP_REASONS } from '../../src/model/drop-reason.ts';
import {
  CONNECTION_STATES,
  FLOW_DIRECTIONS,
  FLOW_END_REASONS,
  FLOW_EVENTS,
  FLOW_INITIATORS,
  NAT_STATES,
  NETWORK_TYPES,
  TUNNEL_TYPES,
  VERDICTS,
  type FlowRecord,
} from '../../src/model/flow-record.ts';
import { FLOW_SYMPTOMS } from '../../src/model/flow-symptom.ts';
import { END_KINDS, type NamedEnd } from '../../src/model/named-end.ts';
import {
  POLICY_CAUSES,
  POLICY_FINDINGS,
  POLICY_VERDICTS,
  type PolicyJudgement,
} from '../../src/model/policy-judgement.ts';
import { createSampleConnection } from './sample-connections.ts';
import { createEvidence, createJudgement } from './sample-judgements.ts';
import { createEnd, createObserver, createService, SAMPLE_AUTONOMOUS_SYSTEM, SAMPLE_PLACE } from './sample-ends.ts';
import type { seededRandom } from './seeded-random.ts';

type Random = ReturnType<typeof seededRandom>;

const CHARACTERS = [...'abcXYZ019-._/"\\\t\n\0\u0001\u007f\u0080äß€\u2028\ufeff\uffff', '\ud83d', '\udc1d', '🐝'];
const VIAS = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalIP', 'Endpoint'] as const;

/** A text of 1 to 12 characters, many of them such as JSON has to escape; lone surrogates too. */
export function createOddText(random: Random): string {
  return Array.from({ length: 1 + random(12) }, () => CHARACTERS[random(CHARACTERS.length)]).join('');
}

/** A connection of which every fact may be there or not, within what its type allows. */
export function createOddConnection(random: Random): Connection {
  const maybe = <Value>(create: () => Value): Value | undefined => (random(3) === 0 ? undefined : create());
  const family = random(3) === 0 ? 6 : 4;
  const address = (): string => createAddress(random, family);
  const source = createOddEnd(random, address());
  const destination = createOddEnd(random, address());
  const dropReason = maybe(() => pick(random, DROP_REASONS));
  const count = (): number => random(2 ** 32) * random(2 ** 20);
  return createSampleConnection({
    source,
    destination,
    sourcePort: maybe(() => random(65_536)),
    destinationPort: maybe(() => random(65_536)),
    service: maybe(() =>
      createService(createOddText(random), { portName: maybe(() => createOddText(random)), via: pick(random, VIAS) }),
    ),
    dialledAddress: maybe(address),
    dialledPort: maybe(() => random(65_536)),
    translatedSourceAddress: maybe(address),
    translatedSourcePort: maybe(() => random(65_536)),
    perspectives: pick(random, PERSPECTIVES),
    observer: random(4) === 0 ? new Map() : createObserver(pick(random, [source, destination])),
    verdict: pick(random, VERDICTS),
    dropReason,
    dropPlace: maybe(() => pick(random, DROP_PLACES)),
    evidence: Array.from({ length: Math.max(0, random(6) - 3) }, () =>
      createEvidence({
        source: pick(random, EVIDENCE_SOURCES),
        reason: pick(random, DROP_REASONS),
        detail: maybe(() => createOddText(random)),
        nodeName: maybe(() => createOddText(random)),
        packets: count(),
        bytes: count(),
      }),
    ),
    judgement: maybe(() => createOddJudgement(random)),
    finding: maybe(() => pick(random, POLICY_FINDINGS)),
    flowsBegun: random(3),
    record: createOddFacts(random, maybe, address),
    ...(random(2) === 0 ? { serverRecord: { packets: random(1_000), bytes: count() } } : {}),
  });
}

function createOddJudgement(random: Random): PolicyJudgement {
  const maybe = <Value>(create: () => Value): Value | undefined => (random(3) === 0 ? undefined : create());
  const base = createJudgement();
  return createJudgement({
    verdict: pick(random, POLICY_VERDICTS),
    deciding: maybe(() => ({ ...base.ingress, cause: pick(random, POLICY_CAUSES) })),
    policy: maybe(() => ({ namespaceName: createOddText(random), name: createOddText(random) })),
    why: maybe(() => createOddText(random).repeat(1 + random(2) * 200)),
  });
}

function createOddFacts(
  random: Random,
  maybe: <Value>(create: () => Value) => Value | undefined,
  address: () => string,
): Partial<FlowRecord> {
  const count = (): number => random(2 ** 32) * random(2 ** 20);
  const flags = (): number => random(256);
  return {
    flowId: createOddText(random),
    event: pick(random, FLOW_EVENTS),
    endReason: maybe(() => pick(random, FLOW_END_REASONS)),
    direction: pick(random, FLOW_DIRECTIONS),
    initiator: pick(random, FLOW_INITIATORS),
    transport: createOddText(random),
    networkType: pick(random, NETWORK_TYPES),
    protocolNumber: pick(random, [1, 6, 6, 17, 58, 132, 255]),
    interfaceName: createOddText(random),
    connectionState: maybe(() => pick(random, CONNECTION_STATES)),
    bytes: count(),
    packets: random(3) * count(),
    reverseBytes: count(),
    reversePackets: random(3) * count(),
    tcpFlags: maybe(flags),
    reverseTcpFlags: maybe(flags),
    retransmits: maybe(() => random(4)),
    reverseRetransmits: maybe(() => random(4)),
    handshakeNs: maybe(count),
    rttNs: maybe(count),
    synRetries: maybe(() => random(9)),
    icmpMtuBytes: maybe(() => random(65_536)),
    symptoms: random(1 << FLOW_SYMPTOMS.length),
    icmpType: maybe(flags),
    icmpCode: maybe(flags),
    dropPackets: maybe(count),
    dropBytes: maybe(count),
    samplingRate: 1 + random(3),
    natState: maybe(() => pick(random, NAT_STATES)),
    tunnelType: maybe(() => pick(random, TUNNEL_TYPES)),
    tunnelId: maybe(() => random(2 ** 24)),
    tunnelSourceAddress: maybe(address),
    tunnelDestinationAddress: maybe(address),
    podUid: maybe(() => createOddText(random)),
  };
}

function createOddEnd(random: Random, address: string): NamedEnd {
  const name = (): string | undefined => (random(3) === 0 ? undefined : createOddText(random));
  const labels = (): Record<string, string> =>
    Object.fromEntries(Array.from({ length: random(4) }, () => [createOddText(random), createOddText(random)]));
  return createEnd(address, {
    kind: pick(random, END_KINDS),
    clusterName: name(),
    namespaceName: name(),
    podName: name(),
    podUid: name(),
    nodeName: name(),
    workloadKind: random(2) === 0 ? name() : 'StatefulSet',
    workloadName: name(),
    serviceName: name(),
    containerName: name(),
    zone: name(),
    labels: random(3) === 0 ? undefined : labels(),
    candidateCount: random(3),
    place: random(3) === 0 ? { ...SAMPLE_PLACE, cityName: name(), latitude: random(200) - 100 } : undefined,
    autonomousSystem: random(3) === 0 ? SAMPLE_AUTONOMOUS_SYSTEM : undefined,
  });
}

/** Few enough that a document has the same address twice now and then. */
function createAddress(random: Random, family: 4 | 6): string {
  return family === 6 ? `fd00::${random(9) + 1}` : `10.0.${random(2)}.${random(9)}`;
}

function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[random(values.length)] as Value;
}
