import type { DeniedPair } from '../../src/model/denied-pairs.ts';

const NOTHING = { serviceName: undefined, nodeName: undefined, address: undefined };

/** The workload `shop/NAME`. */
export function toWorkloadParty(workloadName: string): DeniedPair['source'] {
  return { kind: 'pod', namespaceName: 'shop', workloadKind: 'Deployment', workloadName, ...NOTHING };
}

/** An address outside of the cluster. */
export function toExternalParty(address: string): DeniedPair['source'] {
  const unnamed = { namespaceName: undefined, workloadKind: undefined, workloadName: undefined };
  return { kind: 'external', ...unnamed, ...NOTHING, address };
}

/** `web` to the Service `cart`, which a policy denies, unless `changes` say otherwise. */
export function createDeniedPair(changes: Partial<DeniedPair> = {}): DeniedPair {
  return {
    source: toWorkloadParty('web'),
    destination: toWorkloadParty('cart'),
    serviceNamespaceName: 'shop',
    serviceName: 'cart',
    transport: 'tcp',
    destinationPort: 8080,
    verdict: 'dropped',
    reason: 'syn_unanswered',
    finding: 'denied',
    policyNamespaceName: 'shop',
    policyName: 'only-admin',
    policyDirection: 'ingress',
    why: 'no rule admits web',
    connections: 2,
    packets: 6,
    firstSeenMs: 1,
    lastSeenMs: 2,
    ...changes,
  };
}
