import type { FieldReader, JsonObject } from './field-reader.ts';
import type { DeclaredPort, EndpointSliceFacts } from './kubernetes-object.ts';
import { parseProtocol, toPortKey } from './port-key.ts';
import type { SharedValues } from './shared-values.ts';
import { toIdentified } from './trim-metadata.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';
const NONE: readonly string[] = [];
const NO_ADDRESSES = { addresses: NONE, unready: NONE };

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
    ...(hasAddresses ? toEndpointAddresses(object, reader) : NO_ADDRESSES),
    ports: shared.ports(toEndpointPorts(object, reader)),
  };
}

/** An address may be told of twice while it moves from one slice to another. */
function toEndpointAddresses(
  object: JsonObject,
  reader: FieldReader,
): Pick<EndpointSliceFacts, 'addresses' | 'unready'> {
  const ready = new Set<string>();
  const all = new Set<string>();
  for (const endpoint of reader.objects(object['endpoints'], 'endpoints')) {
    const conditions = reader.object(endpoint['conditions'], 'endpoints[].conditions');
    // What is not told counts as ready.
    const isReady = conditions?.['ready'] !== false;
    for (const address of reader.addresses(endpoint['addresses'], 'endpoints[].addresses')) {
      all.add(address);
      if (isReady) ready.add(address);
    }
  }
  const unready = ready.size === all.size ? NONE : [...all].filter((address) => !ready.has(address));
  return { addresses: [...all], unready };
}

function toEndpointPorts(object: JsonObject, reader: FieldReader): DeclaredPort[] {
  return reader.objects(object['ports'], 'ports').flatMap((each) => {
    const protocolNumber = parseProtocol(reader.text(each['protocol'], 'ports[].protocol'));
    if (protocolNumber === undefined) return reader.note('ports[].protocol') ?? [];
    const port = reader.port(each['port'], 'ports[].port') ?? 0;
    return { portKey: toPortKey(protocolNumber, port), name: reader.text(each['name'], 'ports[].name') };
  });
}
