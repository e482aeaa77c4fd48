import { randomInt } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { END_KINDS, type NamedEnd } from '../../src/model/named-end.ts';
import type { Labels } from '../../src/model/network-policy.ts';
import { POLICY_CAUSES, POLICY_VERDICTS, type DirectionJudgement } from '../../src/model/policy-judgement.ts';
import { comparePolicyEndpoints } from '../../src/policy/compare-policy-endpoints.ts';
import { PolicyEvaluator } from '../../src/policy/policy-evaluator.ts';
import { MemoryCatalogue } from '../support/policy/memory-catalogue.ts';
import { mutatePolicy } from '../support/policy/mutate-policy.ts';
import { createPolicy, pick, type Random } from '../support/policy/random-cluster.ts';
import { createEnd } from '../support/sample-ends.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 5);
const LEAST_INPUTS = SECONDS >= 60 ? 20_000 : 200 * SECONDS;
const QUESTIONS = 12;
const NAMESPACES = ['shop', 'bank', 'test', 'constructor', 'nowhere'];
const ADDRESSES = ['10.1.0.1', '10.1.0.2', '203.0.113.7', 'fd00:1::3', '::ffff:10.1.0.3', '', 'x:', '999.1.1.1'];

function createOddEnd(random: Random): NamedEnd {
  return createEnd(pick(ADDRESSES, random), {
    kind: random(3) > 0 ? 'pod' : pick(END_KINDS, random),
    namespaceName: random(3) > 0 ? 'shop' : pick([undefined, ...NAMESPACES], random),
    podName: pick([undefined, 'a', 'b'], random),
    nodeName: pick([undefined, 'n', 'm'], random),
    labels: pick<Labels | undefined>(
      [undefined, {}, { app: 'web' }, { app: '', tier: 'back', constructor: 'x' }],
      random,
    ),
    namedPorts: pick([[], [{ name: 'http', protocolNumber: 6, port: 80 }]], random),
    isHostNetwork: random(8) === 0,
  });
}

function checkDirection({ verdict, cause, matched, selecting }: DirectionJudgement, wholeNames: Set<string>): void {
  expect(POLICY_VERDICTS).toContain(verdict);
  expect(POLICY_CAUSES).toContain(cause);
  expect(matched !== undefined).toBe(cause === 'rule_matched');
  // What could not be read judges nothing.
  for (const { namespaceName, name } of selecting) expect(wholeNames).toContain(`${namespaceName}/${name}`);
  if (verdict === 'denied') expect(selecting.length).toBeGreaterThan(0);
}

describe('fuzz: policies', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));

  test(
    `nothing is thrown, and half a policy denies nothing (FUZZ_SEED=${seed})`,
    () => {
      const random = seededRandom(seed);
      const counts = { allowed: 0, denied: 0, unknown: 0 };
      const endMs = performance.now() + SECONDS * 1_000;
      let inputs = 0;
      for (; performance.now() < endMs || inputs < LEAST_INPUTS; inputs++) {
        const policies = Array.from({ length: 1 + random(4) }, (_, i) => mutatePolicy(createPolicy(i, random), random));
        const catalogue = new MemoryCatalogue(policies, { shop: {}, bank: { team: 'a' } });
        const evaluator = new PolicyEvaluator({ catalogue, maxJudgements: 2 + random(20) });
        const whole = NAMESPACES.flatMap((each) => catalogue.policies(each, 0).filter(({ isWhole }) => isWhole));
        const wholeNames = new Set(whole.map(({ namespaceName, name }) => `${namespaceName}/${name}`));
        for (let i = 0; i < QUESTIONS; i++) {
          const [source, destination] = [createOddEnd(random), createOddEnd(random)];
          const protocolNumber = pick([6, 17, 132, 1, 0, 255], random);
          const port = pick([undefined, 0, 80, 65_535], random);
          const judgement = evaluator.evaluate(
            source,
            destination,
            protocolNumber,
            port,
            pick([0, 5, Infinity], random),
          );
          for (const each of [judgement.egress, judgement.ingress]) checkDirection(each, wholeNames);
          expect(judgement.why === undefined).toBe(judgement.verdict === 'allowed');
          expect(judgement.why ?? '').not.toMatch(/undefined|\[object/);
          comparePolicyEndpoints({ source, destination, protocolNumber, port }, judgement, catalogue);
          counts[judgement.verdict]++;
        }
      }
      process.stderr.write(`policies: ${inputs} inputs, ${JSON.stringify(counts)}, FUZZ_SEED=${seed}\n`);
      for (const count of Object.values(counts)) expect(count).toBeGreaterThan((inputs * QUESTIONS) / 100);
    },
    4 * SECONDS * 1_000 + 20_000,
  );
});
