import type { FieldReader, JsonObject } from './field-reader.ts';
import type { NodeFacts } from './kubernetes-object.ts';
import type { SharedValues } from './shared-values.ts';
import { toIdentified } from './trim-metadata.ts';

const ZONE_LABEL = 'topology.kubernetes.io/zone';
const ADDRESS_TYPES: readonly unknown[] = ['InternalIP', 'ExternalIP'];

export function trimNode(raw: unknown, reader: FieldReader, shared: SharedValues): NodeFacts | undefined {
  const identified = toIdentified(raw, reader, shared, false);
  if (identified === undefined) return undefined;
  const { namespaceName, name, metadata, object } = identified;
  const labels = reader.object(metadata['labels'], 'metadata.labels');
  const zone = reader.text(labels?.[ZONE_LABEL], 'metadata.labels');
  return {
    namespaceName,
    name: shared.text(name),
    createdMs: reader.timeMs(metadata['creationTimestamp'], 'metadata.creationTimestamp'),
    zone: zone === undefined ? undefined : shared.text(zone),
    addresses: toNodeAddresses(object, reader),
    podCidrs: toPodCidrs(object, reader),
  };
}

function toNodeAddresses(object: JsonObject, reader: FieldReader): string[] {
  const status = reader.object(object['status'], 'status');
  const path = 'status.addresses';
  const told = reader.objects(status?.['addresses'], path).filter((each) => ADDRESS_TYPES.includes(each['type']));
  const addresses = told.map((each) => reader.address(each['address'], `${path}[].address`));
  return [...new Set(addresses)].filter((address) => address !== undefined);
}

function toPodCidrs(object: JsonObject, reader: FieldReader): string[] {
  const spec = reader.object(object['spec'], 'spec');
  const listed = reader.texts(spec?.['podCIDRs'], 'spec.podCIDRs');
  const single = reader.text(spec?.['podCIDR'], 'spec.podCIDR');
  return listed.length > 0 || single === undefined ? [...new Set(listed)] : [single];
}
