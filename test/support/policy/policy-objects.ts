import { IP_PROTOCOL } from '../../../src/model/ip-protocol.ts';
import type { NamedEnd } from '../../../src/model/named-end.ts';
import type { Labels } from '../../../src/model/network-policy.ts';
import type { PolicyJudgement } from '../../../src/model/policy-judgement.ts';
import { PolicyEvaluator, type PolicyEvaluatorOptions } from '../../../src/policy/policy-evaluator.ts';
import { createEnd } from '../sample-ends.ts';
import { MemoryCatalogue } from './memory-catalogue.ts';

/** A policy as an object of the API. */
export function policyObject(name: string, spec: object, namespace = 'shop'): object {
  return { metadata: { name, namespace }, spec: { podSelector: {}, ...spec } };
}

/** A pod of namespace `shop` by name; pods of other nodes than each other, unless `changes` say so. */
export function podEnd(podName: string, labels: Labels = {}, changes: Partial<NamedEnd> = {}): NamedEnd {
  const digit = podName.length + podName.charCodeAt(0);
  return createEnd(`10.1.0.${digit}`, {
    kind: 'pod',
    namespaceName: 'shop',
    podName,
    podUid: `uid-${podName}`,
    nodeName: `node-of-${podName}`,
    labels,
    ...changes,
  });
}

/** Labels of the namespaces that tests speak of. */
export const NAMESPACES: Readonly<Record<string, Labels>> = {
  shop: { team: 'web' },
  bank: { team: 'money' },
  test: {},
};

export interface Asked {
  readonly port?: number | undefined;
  readonly protocolNumber?: number;
  readonly options?: Partial<PolicyEvaluatorOptions>;
}

/** What policies say of a connection, to TCP port 80 unless asked otherwise. */
export function judgeBy(
  policies: readonly object[],
  source: NamedEnd,
  destination: NamedEnd,
  asked: Asked = {},
): PolicyJudgement {
  const evaluator = new PolicyEvaluator({ catalogue: new MemoryCatalogue(policies, NAMESPACES), ...asked.options });
  const port = 'port' in asked ? asked.port : 80;
  return evaluator.evaluate(source, destination, asked.protocolNumber ?? IP_PROTOCOL.tcp, port, 1_000);
}
