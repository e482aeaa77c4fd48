import type { NamedEnd } from '../../model/named-end.ts';
import type { ServiceOfCluster } from './cluster.ts';
import type { ExplainedEnd } from './explanation.ts';

const NOTHING = { namespace: null, name: null, workload: null, address: null, labels: null };

/** An end as the answer tells it. */
export function toExplainedEnd(asked: string, end: NamedEnd | undefined): ExplainedEnd {
  if (end === undefined) return { ...NOTHING, asked, kind: 'unknown' };
  const { kind, namespaceName, podName, serviceName, nodeName, workloadKind, workloadName, address, labels } = end;
  return {
    asked,
    kind,
    namespace: namespaceName ?? null,
    name: podName ?? serviceName ?? nodeName ?? null,
    workload: workloadName === undefined ? null : `${workloadKind} ${namespaceName}/${workloadName}`,
    address: address === '' ? null : address,
    labels: labels ?? null,
  };
}

/** A Service in place of an end. */
export function toServiceAsEnd(asked: string, { namespaceName, name, addresses }: ServiceOfCluster): ExplainedEnd {
  return { ...NOTHING, asked, kind: 'service', namespace: namespaceName, name, address: addresses[0] ?? null };
}
