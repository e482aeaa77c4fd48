import type { FieldReader, JsonObject } from './field-reader.ts';
import type { ServiceFacts, ServicePort } from './kubernetes-object.ts';
import { parseProtocol, toPortKey } from './port-key.ts';
import type { SharedValues } from './shared-values.ts';
import { toIdentified } from './trim-metadata.ts';

const NO_ADDRESS = 'None';

export function trimService(raw: unknown, reader: FieldReader, shared: SharedValues): ServiceFacts | undefined {
  const identified = toIdentified(raw, reader, shared);
  if (identified === undefined) return undefined;
  const { namespaceName, name, metadata, object } = identified;
  const spec = reader.object(object['spec'], 'spec') ?? {};
  // An alias of a DNS name: whatever else it holds is not used.
  const isAlias = spec['type'] === 'ExternalName';
  const selector = reader.labels(spec['selector'], 'spec.selector');
  return {
    namespaceName,
    name: shared.text(name),
    createdMs: reader.timeMs(metadata['creationTimestamp'], 'metadata.creationTimestamp'),
    clusterAddresses: isAlias ? [] : toClusterAddresses(spec, reader),
    externalAddresses: isAlias ? [] : reader.addresses(spec['externalIPs'], 'spec.externalIPs'),
    loadBalancerAddresses: isAlias ? [] : toLoadBalancerAddresses(object, reader),
    ports: isAlias ? [] : toServicePorts(spec, reader, shared),
    selector: selector === undefined || isAlias ? undefined : shared.labels(selector),
    externalName: isAlias ? reader.text(spec['externalName'], 'spec.externalName') : undefined,
  };
}

function toClusterAddresses(spec: JsonObject, reader: FieldReader): string[] {
  const listed = reader.texts(spec['clusterIPs'], 'spec.clusterIPs');
  const single = reader.text(spec['clusterIP'], 'spec.clusterIP');
  const told = listed.length > 0 || single === undefined ? listed : [single];
  const texts = told.filter((text) => text !== NO_ADDRESS);
  return reader.addresses(texts, 'spec.clusterIPs');
}

/** Load balancers that are told by host name only are met under their addresses' own names. */
function toLoadBalancerAddresses(object: JsonObject, reader: FieldReader): string[] {
  const status = reader.object(object['status'], 'status');
  const loadBalancer = reader.object(status?.['loadBalancer'], 'status.loadBalancer');
  const path = 'status.loadBalancer.ingress';
  const ingress = reader.objects(loadBalancer?.['ingress'], path);
  return ingress.map((each) => reader.address(each['ip'], `${path}[].ip`)).filter((address) => address !== undefined);
}

function toServicePorts(spec: JsonObject, reader: FieldReader, shared: SharedValues): ServicePort[] {
  const path = 'spec.ports';
  return reader.objects(spec['ports'], path).flatMap((each) => {
    const protocolNumber = parseProtocol(reader.text(each['protocol'], `${path}[].protocol`));
    const port = reader.port(each['port'], `${path}[].port`);
    const nodePort = reader.port(each['nodePort'], `${path}[].nodePort`);
    const name = reader.text(each['name'], `${path}[].name`);
    if (protocolNumber === undefined || port === undefined) return reader.note(path) ?? [];
    return {
      name: name === undefined ? undefined : shared.text(name),
      portKey: toPortKey(protocolNumber, port),
      targetPort: toTargetPort(each['targetPort'], `${path}[].targetPort`, reader, shared) ?? port,
      nodePortKey: nodePort === undefined ? undefined : toPortKey(protocolNumber, nodePort),
    };
  });
}

/** Undefined where it is the Service's own port. */
function toTargetPort(
  told: unknown,
  path: string,
  reader: FieldReader,
  shared: SharedValues,
): number | string | undefined {
  if (typeof told !== 'string') return reader.port(told, path);
  return told === '' ? undefined : shared.text(told);
}
