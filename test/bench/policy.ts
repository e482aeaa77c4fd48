import { IP_PROTOCOL } from '../../src/model/ip-protocol.ts';
import type { NamedEnd, NamedPort } from '../../src/model/named-end.ts';
import type { Labels } from '../../src/model/network-policy.ts';
import { POLICY_VERDICTS } from '../../src/model/policy-judgement.ts';
import { PolicyEvaluator } from '../../src/policy/policy-evaluator.ts';
import { MemoryCatalogue } from '../support/policy/memory-catalogue.ts';
import { createEnd } from '../support/sample-ends.ts';
import { atLeast } from './support/goal.ts';
import { readMachine } from './support/machine.ts';
import { toSpread } from './support/spread.ts';

/**
 * Verdicts a CPU second with 1,000 policies over 10,000 pods in 50 namespaces: of connections that were judged before;
 * of pairs of ends met for the first time; when everything just changed, so that nothing but the policies themselves is
 * known; and of a time before the last change. `node test/bench/policy.ts` prints one JSON document.
 */
const PODS = 10_000;
const POLICIES = 1_000;
const NAMESPACES = 50;
const CONNECTIONS = 20_000;
const ROUNDS = 7;
const CHANGE_MS = 1_000_000;
const NO_PORTS: readonly NamedPort[] = [];
const NAMED_PORTS: readonly NamedPort[] = [{ name: 'http', protocolNumber: IP_PROTOCOL.tcp, port: 8080 }];

/** A fifth of each form: by label, by namespace, by block with an exception, by named port and range, and none at all. */
function createPolicy(i: number): object {
  const app = `app-${(i >> 3) % 10}`;
  const namespace = `ns-${i % NAMESPACES}`;
  const form = Math.floor(i / NAMESPACES) % 5;
  const rules = [
    [{ from: [{ podSelector: { matchLabels: { app: `app-${i % 10}`, access: 'true' } } }], ports: [{ port: 8080 }] }],
    [
      {
        from: [
          {
            namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: [`t-${i % 5}`, 't-9'] }] },
            podSelector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['back'] }] },
          },
        ],
      },
    ],
    [{ from: [{ ipBlock: { cidr: '10.0.0.0/12', except: ['10.1.0.0/17'] } }], ports: [{ port: 443 }, { port: 8080 }] }],
    [{ ports: [{ port: 'http' }, { port: 30_000, endPort: 32_767 }, { protocol: 'UDP', port: 53 }] }],
    [],
  ][form]!;
  const egress = rules.map(({ from, ...rest }: { readonly from?: unknown }) => ({
    ...rest,
    ...(from !== undefined && { to: from }),
  }));
  return {
    metadata: { name: `policy-${i}`, namespace },
    spec: {
      podSelector: { matchLabels: { app } },
      policyTypes: i % 2 === 0 ? ['Ingress'] : ['Ingress', 'Egress'],
      ingress: rules,
      egress,
    },
  };
}

/** Pods of a workload share their labels; a fifth of the workloads no policy selects. */
function createPods(): NamedEnd[] {
  const labels = Array.from({ length: NAMESPACES * 15 }, (_, i): Labels => {
    const tier = i % 3 === 0 ? 'front' : 'back';
    return { app: `app-${i % 15}`, tier, 'pod-template-hash': String(i), ...(i % 2 === 0 && { access: 'true' }) };
  });
  return Array.from({ length: PODS }, (_, i) =>
    createEnd(`10.${1 + (i >> 14)}.${(i >> 6) & 255}.${i & 63}`, {
      kind: 'pod',
      namespaceName: `ns-${i % NAMESPACES}`,
      podName: `pod-${i}`,
      podUid: `uid-${i}`,
      nodeName: `node-${i % 200}`,
      labels: labels[(i % NAMESPACES) * 15 + (Math.floor(i / NAMESPACES) % 15)]!,
      namedPorts: i % 3 === 0 ? NAMED_PORTS : NO_PORTS,
    }),
  );
}

const policies = Array.from({ length: POLICIES }, (_, i) => createPolicy(i));
const namespaces = Object.fromEntries(
  Array.from({ length: NAMESPACES }, (_, i) => [`ns-${i}`, { team: `t-${i % 5}` }] as const),
);
const pods = createPods();
const outside = Array.from({ length: 100 }, (_, i) => createEnd(`203.0.113.${i}`, { kind: 'external' }));

/** Half within a namespace, some from outside; each pair once for a start. */
const connections = Array.from({ length: CONNECTIONS }, (_, i) => {
  const at = (i * 7_919) % PODS;
  const isNear = i % 2 === 0;
  const near = (at + NAMESPACES * (1 + (i % 37))) % PODS;
  const source = i % 16 === 3 ? outside[i % outside.length]! : pods[at]!;
  return { source, destination: pods[isNear ? near : (at + 1 + (i % 4_001)) % PODS]!, port: [8080, 443, 9090][i % 3]! };
});

function judgeAll(evaluator: PolicyEvaluator, timeMs: number): number[] {
  const counts = POLICY_VERDICTS.map(() => 0);
  for (const { source, destination, port } of connections) {
    const { verdict } = evaluator.evaluate(source, destination, IP_PROTOCOL.tcp, port, timeMs);
    counts[POLICY_VERDICTS.indexOf(verdict)]!++;
  }
  return counts;
}

/** Verdicts a CPU second of the thread, a value a round after one to warm up; what is prepared does not count. */
function measure(prepare: () => PolicyEvaluator, timeMs: number, passes = 1) {
  const rates = Array.from({ length: ROUNDS + 1 }, () => {
    let micros = 0;
    for (let pass = 0; pass < passes; pass++) {
      const evaluator = prepare();
      const before = process.threadCpuUsage();
      judgeAll(evaluator, timeMs);
      const { user, system } = process.threadCpuUsage(before);
      micros += user + system;
    }
    return Math.round((CONNECTIONS * passes * 1e6) / micros);
  });
  return toSpread(rates.slice(1));
}

function createCatalogue(): MemoryCatalogue {
  return new MemoryCatalogue(policies, namespaces, CHANGE_MS);
}

const catalogue = createCatalogue();
const known = new PolicyEvaluator({ catalogue });
const verdicts = judgeAll(known, CHANGE_MS);
/** All policies are known and made ready, and no pair of ends. */
const withPolicies = () => {
  const evaluator = new PolicyEvaluator({ catalogue, maxJudgements: 2 });
  judgeAll(evaluator, CHANGE_MS);
  return evaluator;
};
const past = createCatalogue();
past.tell(policies.slice(0, POLICIES / 2), namespaces, 2 * CHANGE_MS);

const figures = {
  cachedPerSecond: measure(() => known, CHANGE_MS, 10),
  newPairsPerSecond: measure(withPolicies, CHANGE_MS),
  afterChangePerSecond: measure(() => new PolicyEvaluator({ catalogue: createCatalogue() }), CHANGE_MS),
  beforeChangePerSecond: measure(() => new PolicyEvaluator({ catalogue: past }), 1.5 * CHANGE_MS),
  verdicts: Object.fromEntries(POLICY_VERDICTS.map((verdict, i) => [verdict, verdicts[i]])),
};
const report = {
  name: 'policy',
  machine: readMachine(),
  figures,
  goals: {
    cachedPerSecond: atLeast(200_000, figures.cachedPerSecond.median),
    newPairsPerSecond: atLeast(20_000, figures.newPairsPerSecond.median),
    afterChangePerSecond: atLeast(20_000, figures.afterChangePerSecond.median),
  },
};
process.stdout.write(`${JSON.stringify(report)}\n`);
