import { describe, expect, test } from '@jest/globals';
import { explainLine } from '../../../src/roles/explain/explain-batch.ts';
import type { ExplainedDirection, Explanation } from '../../../src/roles/explain/explanation.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const NAMESPACES = ['one', 'two'];
const CASES = 400;

type Random = ReturnType<typeof seededRandom>;
type Rules = readonly object[];
interface Policy {
  readonly kind: 'NetworkPolicy';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: { readonly ingress: Rules; readonly egress: Rules };
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random(items.length)]!;
}

function toSelector(random: Random): object {
  return pick(random, [
    {},
    { matchLabels: { app: pick(random, ['a', 'b']) } },
    { matchExpressions: [{ key: 'tier', operator: pick(random, ['Exists', 'DoesNotExist']) }] },
    { matchExpressions: [{ key: 'app', operator: pick(random, ['In', 'NotIn']), values: ['a', 'c'] }] },
  ]);
}

function toPeer(random: Random): object {
  return pick(random, [
    { podSelector: toSelector(random) },
    { namespaceSelector: { matchLabels: { team: pick(random, ['x', 'y']) } } },
    { namespaceSelector: {}, podSelector: toSelector(random) },
    { ipBlock: { cidr: '10.0.0.0/30', except: random(2) === 0 ? ['10.0.0.1/32'] : [] } },
  ]);
}

function toRules(random: Random, field: 'from' | 'to'): Rules {
  return Array.from({ length: random(3) }, () => ({
    [field]: Array.from({ length: random(3) }, () => toPeer(random)),
    ports: pick(random, [[], [{ port: 'http' }], [{ port: 79, endPort: 81 }], [{ protocol: 'UDP' }]]),
  }));
}

function toCase(random: Random) {
  const namespaces = NAMESPACES.map((name, i) => ({
    kind: 'Namespace',
    metadata: { name, labels: { team: 'xy'[i] } },
  }));
  const pods = Array.from({ length: 4 }, (_, i) => ({
    kind: 'Pod',
    metadata: {
      ...{ name: `p${i}`, namespace: NAMESPACES[i % 2] },
      labels: { app: pick(random, ['a', 'b', 'c']), ...(random(2) === 0 ? { tier: 'web' } : {}) },
    },
    spec: { nodeName: `n${i}`, containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 80 }] }] },
    status: { podIP: `10.0.0.${i}` },
  }));
  const policies = Array.from({ length: 3 }, (_, i): Policy => {
    const spec = { podSelector: toSelector(random), policyTypes: ['Ingress', 'Egress'] };
    return {
      kind: 'NetworkPolicy',
      metadata: { name: `np${i}`, namespace: pick(random, NAMESPACES) },
      spec: { ...spec, ingress: toRules(random, 'from'), egress: toRules(random, 'to') },
    };
  });
  const [from, to] = ['one/p0', pick(random, ['two/p1', 'one/p2', 'two/p3', '203.0.113.9'])];
  return {
    policies,
    line: { objects: [...namespaces, ...pods, ...policies], from, to, port: pick(random, [80, 81, 90]) },
  };
}

/** Every rule of a policy that selects the pod, in words of the answer. */
function listRules({ direction, selecting }: ExplainedDirection, policies: readonly Policy[]): string[] {
  const selected = policies.filter(({ metadata }) => selecting.includes(`${metadata.namespace}/${metadata.name}`));
  return selected.flatMap(({ metadata, spec }) =>
    spec[direction].map((_, i) => `${metadata.namespace}/${metadata.name} ${i}`),
  );
}

describe('what rules lack', () => {
  test('agrees with the verdict: every rule lacks something where it is denied, and the one that matched nothing', () => {
    const seed = Date.now() % 1_000_000;
    const random = seededRandom(seed);
    const seen = { denied: 0, matched: 0 };
    for (let i = 0; i < CASES; i++) {
      const { policies, line } = toCase(random);
      const answer = explainLine(JSON.stringify(line)) as Explanation;
      for (const direction of [answer.egress!, answer.ingress!]) {
        const lacking = direction.misses.map(({ policy, ruleIndex }) => `${policy} ${ruleIndex}`);
        const context = { seed, line, direction };
        if (direction.verdict === 'denied') {
          expect({ ...context, rules: lacking.toSorted() }).toEqual({
            ...context,
            rules: listRules(direction, policies).toSorted(),
          });
          expect(direction.misses.every(({ missing }) => missing.length > 0)).toBe(true);
          seen.denied++;
        }
        if (direction.matched !== null) {
          const { policy, ruleIndex } = direction.matched;
          expect(listRules(direction, policies)).toContain(`${policy} ${ruleIndex}`);
          seen.matched++;
        }
      }
    }
    expect(Math.min(seen.denied, seen.matched)).toBeGreaterThan(CASES / 20);
  });
});
