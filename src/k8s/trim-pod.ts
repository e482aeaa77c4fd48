import { toContainerTimes } from './container-times.ts';
import type { FieldReader, JsonObject } from './field-reader.ts';
import type { DeclaredPort, PodFacts } from './kubernetes-object.ts';
import { parseProtocol, toPortKey } from './port-key.ts';
import type { SharedValues } from './shared-values.ts';

import { toIdentified, toOwner } from './trim-metadata.ts';

const FINISHED = ['Succeeded', 'Failed'];

export function trimPod(raw: unknown, reader: FieldReader, shared: SharedValues): PodFacts | undefined {
  const identified = toIdentified(raw, reader, shared);
  if (identified === undefined) return undefined;
  const { namespaceName, name, metadata, object } = identified;
  const spec = reader.object(object['spec'], 'spec') ?? {};
  const status = reader.object(object['status'], 'status') ?? {};
  const nodeName = reader.text(spec['nodeName'], 'spec.nodeName');
  const isHostNetwork = reader.flag(spec['hostNetwork'], 'spec.hostNetwork');
  const labels = reader.labels(metadata['labels'], 'metadata.labels');
  const containers = reader.objects(spec['containers'], 'spec.containers');
  const begunMs = reader.timeMs(status['startTime'], 'status.startTime');
  const times = toContainerTimes(status, reader);
  return {
    namespaceName,
    name,
    uid: reader.text(metadata['uid'], 'metadata.uid'),
    nodeName: nodeName === undefined ? undefined : shared.text(nodeName),
    isHostNetwork,
    owner: toOwner(metadata, reader, shared),
    labels: labels === undefined ? undefined : shared.labels(labels),
    containerName: toOnlyName(containers, reader, shared),
    ports: shared.ports(toDeclaredPorts(containers.concat(toSidecars(spec, reader)), isHostNetwork, reader)),
    addresses: toAddresses(status, reader),
    begunMs,
    startMs: toAddressedMs(status, reader) ?? times.firstStartMs ?? begunMs,
    hasFinished: FINISHED.includes(reader.text(status['phase'], 'status.phase') ?? ''),
    finishedMs: times.finishedMs,
  };
}

/** When the pod's sandbox had its network, and with it its address (condition of Kubernetes 1.29 and later). */
function toAddressedMs(status: JsonObject, reader: FieldReader): number | undefined {
  for (const condition of reader.objects(status['conditions'], 'status.conditions'))
    if (condition['type'] === 'PodReadyToStartContainers' && condition['status'] === 'True')
      return reader.timeMs(condition['lastTransitionTime'], 'status.conditions[].lastTransitionTime');
  return undefined;
}

function toAddresses(status: JsonObject, reader: FieldReader): string[] {
  const addresses = reader
    .objects(status['podIPs'], 'status.podIPs')
    .map((each) => reader.address(each['ip'], 'status.podIPs[].ip'));
  if (addresses.length === 0) addresses.push(reader.address(status['podIP'], 'status.podIP'));
  return [...new Set(addresses)].filter((address) => address !== undefined);
}

function toOnlyName(containers: readonly JsonObject[], reader: FieldReader, shared: SharedValues): string | undefined {
  const name = reader.text(containers[0]?.['name'], 'spec.containers[].name');
  return containers.length === 1 && name !== undefined ? shared.text(name) : undefined;
}

/** Init containers that go on running beside the others. */
function toSidecars(spec: JsonObject, reader: FieldReader): JsonObject[] {
  return reader
    .objects(spec['initContainers'], 'spec.initContainers')
    .filter((container) => container['restartPolicy'] === 'Always');
}

/** In the host's network a container's port is the host's as well. */
function toDeclaredPorts(
  containers: readonly JsonObject[],
  isHostNetwork: boolean,
  reader: FieldReader,
): DeclaredPort[] {
  const path = 'spec.containers[].ports';
  const declared: DeclaredPort[] = [];
  for (const container of containers)
    for (const each of reader.objects(container['ports'], path)) {
      const protocolNumber = parseProtocol(reader.text(each['protocol'], `${path}[].protocol`));
      const containerPort = reader.port(each['containerPort'], `${path}[].containerPort`);
      const hostPort = isHostNetwork ? reader.port(each['hostPort'], `${path}[].hostPort`) : undefined;
      const port = hostPort ?? containerPort;
      if (protocolNumber === undefined || port === undefined) reader.note(path);
      else
        declared.push({ portKey: toPortKey(protocolNumber, port), name: reader.text(each['name'], `${path}[].name`) });
    }
  return declared;
}
