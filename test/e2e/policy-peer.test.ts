import { randomInt } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { FieldReader } from '../../src/k8s/field-reader.ts';
import { NameIndex } from '../../src/k8s/name-index.ts';
import { SharedValues } from '../../src/k8s/shared-values.ts';
import { trimNetworkPolicy } from '../../src/k8s/trim-network-policy.ts';
import { IP_PROTOCOL } from '../../src/model/ip-protocol.ts';
import type { NamedEnd } from '../../src/model/named-end.ts';
import { PolicyEvaluator } from '../../src/policy/policy-evaluator.ts';
import { mutatePolicy } from '../support/policy/mutate-policy.ts';
import {
  createPolicy,
  createRandomCluster,
  type RandomCluster,
  type RandomConnection,
} from '../support/policy/random-cluster.ts';
import { describeWithTools } from '../support/requirements.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { askPolicyPeer, POLICY_PEER, type PeerAnswer } from './policy-peer/ask-policy-peer.ts';

const CLUSTERS = 2_500;
const CONNECTIONS = 16;
const POLICIES = 5_000;
const NOON_MS = Date.parse('2026-11-21T12:00:00Z');
const PROTOCOL_NUMBERS = { TCP: IP_PROTOCOL.tcp, UDP: IP_PROTOCOL.udp, SCTP: IP_PROTOCOL.sctp };

interface Verdicts {
  readonly egress: string;
  readonly ingress: string;
}

/** What podflow says of a cluster's connections, from the same objects: trimmed, indexed, named, judged. */
function judgeAll({ policies, pods, namespaces, connections }: RandomCluster): Verdicts[] {
  const index = new NameIndex();
  for (const each of namespaces) index.apply('Namespace', 'ADDED', each, NOON_MS);
  for (const each of pods) index.apply('Pod', 'ADDED', each, NOON_MS);
  for (const each of policies) index.apply('NetworkPolicy', 'ADDED', each, NOON_MS);
  const evaluator = new PolicyEvaluator({ catalogue: index.policies });
  return connections.map((connection) => {
    const [source, destination] = [connection.source, connection.destination].map((name) =>
      nameEnd(index, name, pods, connection),
    ) as [NamedEnd, NamedEnd];
    const protocolNumber = PROTOCOL_NUMBERS[connection.protocol];
    const judgement = evaluator.evaluate(source, destination, protocolNumber, connection.port, NOON_MS + 60_000);
    return { egress: judgement.egress.verdict, ingress: judgement.ingress.verdict };
  });
}

function nameEnd(index: NameIndex, name: string, pods: RandomCluster['pods'], connection: RandomConnection): NamedEnd {
  const pod = (pods as readonly { metadata: { name: string; namespace: string }; status: { podIP: string } }[]).find(
    ({ metadata }) => `${metadata.namespace}/${metadata.name}` === name,
  );
  const end = index.resolveEnd(pod?.status.podIP ?? name, PROTOCOL_NUMBERS[connection.protocol], undefined, NOON_MS);
  expect(end.kind).toBe(pod === undefined ? 'external' : 'pod');
  return end;
}

/** Every connection of every cluster: what is said of it here, and by the peer. */
function pairUp(clusters: readonly RandomCluster[], answers: readonly PeerAnswer[]) {
  return clusters.flatMap((cluster, at) => {
    const ours = judgeAll(cluster);
    const theirs = answers[at]?.judgements ?? [];
    return cluster.connections.map((connection, i) => ({ cluster, connection, ours: ours[i]!, theirs: theirs[i]! }));
  });
}

const toVerdict = (isAllowed: boolean): string => (isAllowed ? 'allowed' : 'denied');

/** Where the peer's own selectors differ from the API's library (policy-peer/README.md). */
function hasOddSelector(cluster: RandomCluster): boolean {
  return /"NotIn"|"matchLabels":\{[^}]*:""/.test(JSON.stringify(cluster.policies));
}

describeWithTools('policies judged by others', [POLICY_PEER], () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));

  test(`${CLUSTERS} clusters of random policies, ${CONNECTIONS} connections each (FUZZ_SEED=${seed})`, async () => {
    const random = seededRandom(seed);
    const clusters = Array.from({ length: CLUSTERS }, () => createRandomCluster(random, CONNECTIONS));
    const answers = await askPolicyPeer(clusters);
    expect(answers.flatMap(({ faults }) => faults).filter((fault) => fault !== '')).toEqual([]);
    const pairs = pairUp(clusters, answers);
    expect(pairs).toHaveLength(CLUSTERS * CONNECTIONS);

    const differing = pairs.filter(
      ({ ours, theirs }) => ours.egress !== toVerdict(theirs.egress) || ours.ingress !== toVerdict(theirs.ingress),
    );
    expect(differing.slice(0, 1)).toEqual([]);

    // Its own matching of selectors is left out of the comparison, and only that.
    const isAllowed = ({ ours }: (typeof pairs)[number]) => ours.egress === 'allowed' && ours.ingress === 'allowed';
    const odd = pairs.filter((pair) => pair.theirs.ownSelectors !== isAllowed(pair));
    expect(odd.filter(({ cluster }) => !hasOddSelector(cluster))).toEqual([]);

    const denied = pairs.filter((pair) => !isAllowed(pair)).length;
    process.stderr.write(
      `policies: ${pairs.length} connections, ${denied} denied, all judged alike; ` +
        `${odd.length} otherwise by the peer's own selectors, FUZZ_SEED=${seed}\n`,
    );
    // Neither side of the comparison is empty.
    expect(denied).toBeGreaterThan(pairs.length / 10);
    expect(denied).toBeLessThan((pairs.length * 9) / 10);
  }, 120_000);

  test(`${POLICIES} policies, a half with odd fields, are whole where the API server takes them (FUZZ_SEED=${seed})`, async () => {
    const random = seededRandom(seed);
    const policies = Array.from({ length: POLICIES }, (_, i) => mutatePolicy(createPolicy(i, random), random));
    const [answer] = await askPolicyPeer([{ policies }]);
    const reader = new FieldReader();
    const shared = new SharedValues();
    const told = policies.map((policy, i) => {
      reader.reset();
      const facts = trimNetworkPolicy(policy, reader, shared);
      return { spec: JSON.stringify(policy), isWhole: facts?.isWhole, fault: facts?.fault, said: answer?.faults[i] };
    });
    const whole = told.filter(({ said }) => said === '').length;
    const differing = told.filter(({ isWhole, said }) => isWhole !== (said === ''));
    process.stderr.write(
      `policies: ${whole} of ${POLICIES} taken by the API server, ${differing.length} of them with null not here, FUZZ_SEED=${seed}\n`,
    );
    // Go makes an empty rule, port or value of a `null` in a list or map, here it is a fault: no server tells such.
    expect(differing.filter(({ spec, isWhole }) => isWhole !== false || !spec.includes('null')).slice(0, 3)).toEqual(
      [],
    );
    expect(whole).toBeGreaterThan(POLICIES / 4);
    expect(whole).toBeLessThan((POLICIES * 9) / 10);
  }, 60_000);
});
