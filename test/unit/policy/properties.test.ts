import { randomInt } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { NamedEnd, NamedPort } from '../../../src/model/named-end.ts';
import type { Labels } from '../../../src/model/network-policy.ts';
import type { PolicyJudgement, PolicyVerdict } from '../../../src/model/policy-judgement.ts';
import { LabelMatcher } from '../../../src/policy/label-matcher.ts';
import { PolicyEvaluator } from '../../../src/policy/policy-evaluator.ts';
import { MemoryCatalogue } from '../../support/policy/memory-catalogue.ts';
import { policyObject } from '../../support/policy/policy-objects.ts';
import { createPolicy, createRandomCluster, pick, type Random } from '../../support/policy/random-cluster.ts';
import { createEnd } from '../../support/sample-ends.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const CLUSTERS = 60;
const CONNECTIONS = 12;
const PROTOCOLS = { TCP: 6, UDP: 17, SCTP: 132 };
const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));

interface RawPod {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Labels };
  readonly spec: { readonly containers: readonly { readonly ports: readonly RawPort[] }[] };
  readonly status: { readonly podIP: string };
}
interface RawPort {
  readonly name: string;
  readonly containerPort: number;
  readonly protocol: keyof typeof PROTOCOLS;
}

function toEnd({ metadata, spec, status }: RawPod): NamedEnd {
  const namedPorts = (spec.containers[0]?.ports ?? []).map(({ name, containerPort, protocol }): NamedPort => ({
    name,
    protocolNumber: PROTOCOLS[protocol],
    port: containerPort,
  }));
  const { namespace: namespaceName, name: podName, labels } = metadata;
  return createEnd(status.podIP, { kind: 'pod', namespaceName, podName, nodeName: podName, labels, namedPorts });
}

/** A random cluster as the evaluator sees it: judges all its connections by policies. */
function createCase(random: Random) {
  const { policies, pods, namespaces, connections } = createRandomCluster(random, CONNECTIONS);
  const ends = new Map(
    (pods as unknown as RawPod[]).map((pod) => [`${pod.metadata.namespace}/${pod.metadata.name}`, toEnd(pod)]),
  );
  const labels = Object.fromEntries(
    (namespaces as unknown as Omit<RawPod, 'spec'>[]).map(({ metadata }) => [metadata.name, metadata.labels]),
  );
  const asked = connections.map(({ source, destination, protocol, port }) => {
    const named = [source, destination].map((name) => ends.get(name) ?? createEnd(name, { kind: 'external' }));
    return { source: named[0]!, destination: named[1]!, protocolNumber: PROTOCOLS[protocol], port };
  });
  const judge = (by: readonly object[]): PolicyJudgement[] => {
    const evaluator = new PolicyEvaluator({ catalogue: new MemoryCatalogue(by, labels) });
    return asked.map((each) => evaluator.evaluate(each.source, each.destination, each.protocolNumber, each.port, 1));
  };
  return { policies, asked, judge };
}

function toVerdicts(judgements: readonly PolicyJudgement[]): PolicyVerdict[] {
  return judgements.map(({ verdict }) => verdict);
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed).reverse();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, reversed(part)]));
}

describe(`laws that hold for all policies (FUZZ_SEED=${seed})`, () => {
  const cases = () => {
    const random = seededRandom(seed);
    return Array.from({ length: CLUSTERS }, () => createCase(random));
  };

  test('the order of policies, rules, peers, ports and values means nothing', () => {
    for (const { policies, judge } of cases())
      expect(toVerdicts(judge(reversed(policies) as object[]))).toEqual(toVerdicts(judge(policies)));
  });

  test('policies told twice say the same', () => {
    for (const { policies, judge } of cases()) {
      const copies = structuredClone(policies).map((each) => {
        const metadata = each['metadata'] as { readonly name: string };
        return { ...each, metadata: { ...metadata, name: `${metadata.name}-copy` } };
      });
      expect(toVerdicts(judge([...policies, ...copies]))).toEqual(toVerdicts(judge(policies)));
    }
  });

  test('a rule more never denies what was allowed', () => {
    const random = seededRandom(seed + 1);
    for (const { policies, judge } of cases()) {
      const before = toVerdicts(judge(policies));
      const more = structuredClone(policies);
      const { spec } = pick(more, random) as {
        spec: { policyTypes?: string[]; ingress?: object[]; egress?: object[] };
      };
      const { spec: other } = createPolicy(0, random) as { spec: typeof spec };
      // Egress rules would else make an ingress policy one for egress.
      if ((spec.policyTypes ?? []).length === 0)
        spec.policyTypes = ['Ingress', ...(spec.egress?.length ? ['Egress'] : [])];
      spec.ingress = [...(spec.ingress ?? []), ...(other.ingress ?? [])];
      spec.egress = [...(spec.egress ?? []), ...(other.egress ?? [])];
      const after = toVerdicts(judge(more));
      expect(after.filter((verdict, i) => verdict !== 'allowed' && before[i] === 'allowed')).toEqual([]);
    }
  });

  test('a policy that allows all in a namespace opens it, and one without rules closes it', () => {
    for (const { policies, asked, judge } of cases()) {
      const spec = { policyTypes: ['Ingress', 'Egress'] };
      const open = ['shop', 'bank', 'test'].map((each) =>
        policyObject('o', { ...spec, ingress: [{}], egress: [{}] }, each),
      );
      expect(new Set(toVerdicts(judge([...policies, ...open])))).toEqual(new Set(['allowed']));
      const closed = judge(['shop', 'bank', 'test'].map((each) => policyObject('c', spec, each)));
      const isBetweenPods = asked.map(({ source, destination }) => source.kind === 'pod' || destination.kind === 'pod');
      expect(closed.filter(({ verdict }, i) => isBetweenPods[i] && verdict !== 'denied')).toEqual([]);
    }
  });

  test('what denies says so in a sentence that names the policy', () => {
    for (const { policies, judge } of cases())
      for (const { verdict, why, policy } of judge(policies)) {
        expect(why === undefined).toBe(verdict === 'allowed');
        if (verdict === 'denied') expect(why).toContain(`${policy?.namespaceName}/${policy?.name}`);
      }
  });

  test('NotIn is not In, and DoesNotExist not Exists', () => {
    const random = seededRandom(seed);
    for (let i = 0; i < 500; i++) {
      const labels = Object.fromEntries(
        ['a', 'b'].filter(() => random(2) === 0).map((key) => [key, pick(['x', 'y', ''], random)]),
      );
      const [key, values] = [pick(['a', 'b', 'c'], random), ['x', 'y', ''].filter(() => random(2) === 0)];
      const matches = (operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist') =>
        new LabelMatcher({ matchLabels: {}, matchExpressions: [{ key, operator, values }] }).matches(labels);
      expect(matches('NotIn')).toBe(!matches('In'));
      expect(matches('DoesNotExist')).toBe(!matches('Exists'));
      const value = values[0] ?? 'x';
      const byLabel = new LabelMatcher({ matchLabels: { [key]: value }, matchExpressions: [] }).matches(labels);
      expect(byLabel).toBe(labels[key] === value);
    }
  });
});
