import type { NameIndex } from '../../k8s/name-index.ts';
import { toPortKey } from '../../k8s/port-key.ts';
import type { NamedEnd } from '../../model/named-end.ts';
import { PolicyEvaluator } from '../../policy/policy-evaluator.ts';
import type { Backend, Cluster, KnownNames, ServiceOfCluster, ServicePortFacts } from './cluster.ts';

/** As they are now. */
const NOW = Infinity;

/** Answers from an index of names. */
export function createCluster(index: NameIndex): Cluster {
  const evaluator = new PolicyEvaluator({ catalogue: index.policies });
  return {
    catalogue: index.policies,
    findPod: (namespaceName, name) => index.findPod(namespaceName, name),
    findWorkloadPods: (namespaceName, name, kind) => findWorkloadPods(index, namespaceName, name, kind),
    findService: (namespaceName, name) => findService(index, namespaceName, name),
    findBackends: (service, port) => findBackends(index, service, port),
    resolveEnd: (address, protocolNumber, port) => index.resolveEnd(address, protocolNumber, port, NOW),
    resolveService: (address, protocolNumber, port) => index.resolveService(address, protocolNumber, port, NOW),
    judge: (source, destination, protocolNumber, port) =>
      evaluator.evaluate(source, destination, protocolNumber, port, NOW),
    listNames: () => listNames(index),
  };
}

function findWorkloadPods(
  index: NameIndex,
  namespaceName: string,
  name: string,
  kind: string | undefined,
): readonly NamedEnd[] {
  const ends = index
    .listPods()
    .filter(({ hasFinished }) => !hasFinished)
    .map(({ end }) => end);
  const isOf = (end: NamedEnd): boolean =>
    end.namespaceName === namespaceName &&
    end.workloadName === name &&
    (kind === undefined || end.workloadKind?.toLowerCase() === kind);
  return ends.filter(isOf).toSorted((a, b) => ((a.podName ?? '') < (b.podName ?? '') ? -1 : 1));
}

function findService(index: NameIndex, namespaceName: string, name: string): ServiceOfCluster | undefined {
  const found = index.findService(namespaceName, name);
  if (found === undefined) return undefined;
  const { addresses, ports, externalName } = found;
  return { namespaceName, name, addresses, ports, externalName };
}

function findBackends(index: NameIndex, service: ServiceOfCluster, port: ServicePortFacts): readonly Backend[] {
  const key = toPortKey(port.protocolNumber, port.port);
  return index.serviceBackends(service.namespaceName, service.name, key);
}

function listNames(index: NameIndex): KnownNames {
  const ends = index.listPods().map(({ end }) => end);
  const services = index.listServices();
  return {
    pods: ends.map((end) => `${end.namespaceName}/${end.podName}`),
    services: services.map(({ namespaceName, serviceName }) => `${namespaceName}/${serviceName}`),
    workloads: ends.map((end) => `${end.namespaceName}/${end.workloadName ?? end.podName}`),
  };
}
