import type { FieldReader, JsonObject } from './field-reader.ts';
import type { DeclaredPort, EndpointSliceFacts } from './kubernetes-object.ts';
import { parseProtocol, toPortKey } from './port-key.ts';
import type { SharedValues } from './shared-values.ts';
import { toIdentified } from './trim-metadata.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';

/** Endpoints count whether they are ready or not: a record may tell of when they were. */
export function trimEndpointSlice(
  raw: unknown,
  reader: FieldReader,
  shared: SharedValues,
): EndpointSliceFacts | undefined {
  const identified = toIdentified(raw, reader, shared);
  if (identified === undefined) return undefined;
  const { namespaceName, name, metadata, object } = identified;
  const labels = reader.object(metadata['labels'], 'metadata.labels');
  const serviceName = reader.text(labels?.[SERVICE_LABEL], 'metadata.labels');
  const hasAddresses = object['addressType'] !== 'FQDN';
  return {
    namespaceName,
    name,
    createdMs: reader.timeMs(metadata['creationTimestamp'], 'metadata.creationTimestamp'),
    serviceName: serviceName === undefined ? undefined : shared.text(serviceName),
    addresses: hasAddresses ? toEndpointAddresses(object, reader) : [],
    ports: shared.ports(toEndpointPorts(object, reader)),
  };
}

function toEndpointAddresses(object: JsonObject, reader: FieldReader): string[] {
  const addresses = new Set<string>();
  for (const endpoint of reader.objects(object['endpoints'], 'endpoints'))
    for (const address of reader.addresses(endpoint['addresses'], 'endpoints[].addresses')) addresses.add(address);
  return [...addresses];
}

function toEndpointPorts(object: JsonObject, reader: FieldReader): DeclaredPort[] {
  return reader.objects(object['ports'], 'ports').flatMap((each) => {
    const protocolNumber = parseProtocol(reader.text(each['protocol'], 'ports[].protocol'));
    if (protocolNumber === undefined) return reader.note('ports[].protocol') ?? [];
    const port = reader.port(each['port'], 'ports[].port') ?? 0;
    return { portKey: toPortKey(protocolNumber, port), name: reader.text(each['name'], 'ports[].name') };
  });
}
