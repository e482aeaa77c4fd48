import type { FieldReader, JsonObject } from './field-reader.ts';
import type { NamespaceFacts, ObjectIdentity, OwnedFacts, OwnerReference } from './kubernetes-object.ts';
import type { SharedValues } from './shared-values.ts';

/** Makes facts of an object's JSON; undefined where that has no name, so that nothing can be kept of it. */
export type Trim<Facts extends ObjectIdentity> = (
  raw: unknown,
  reader: FieldReader,
  shared: SharedValues,
) => Facts | undefined;

const NAME_LABEL = 'kubernetes.io/metadata.name';
const BUILT_IN_GROUPS = /^(?:apps|batch)\//;

/** An object that can be kept: its parts, of which `metadata` must be there. */
export interface Identified extends ObjectIdentity {
  readonly metadata: JsonObject;
  readonly object: JsonObject;
}

/** Names an object and notes what is missing to do so. */
export function toIdentified(
  raw: unknown,
  reader: FieldReader,
  shared: SharedValues,
  isNamespaced = true,
): Identified | undefined {
  const object = reader.object(raw ?? false, 'object');
  const metadata = reader.object(object?.['metadata'], 'metadata');
  const name = reader.text(metadata?.['name'], 'metadata.name');
  if (object === undefined || metadata === undefined || name === undefined) return reader.note('metadata.name');
  const namespaceName = isNamespaced ? reader.text(metadata['namespace'], 'metadata.namespace') : '';
  if (namespaceName === undefined) return reader.note('metadata.namespace');
  return { object, metadata, name, namespaceName: shared.text(namespaceName) };
}

/** The owner that manages an object. A node is none: it "owns" the static pods that it shows to the API server. */
export function toOwner(metadata: JsonObject, reader: FieldReader, shared: SharedValues): OwnerReference | undefined {
  const path = 'metadata.ownerReferences';
  const references = reader.objects(metadata['ownerReferences'], path);
  const managing = references.find((reference) => reference['controller'] === true) ?? references[0];
  if (managing === undefined) return undefined;
  const kind = reader.text(managing['kind'], `${path}[].kind`);
  const name = reader.text(managing['name'], `${path}[].name`);
  const apiVersion = reader.text(managing['apiVersion'], `${path}[].apiVersion`) ?? 'apps/v1';
  if (kind === undefined || name === undefined) return reader.note(`${path}[].name`);
  if (kind === 'Node') return undefined;
  return { kind: shared.text(kind), name: shared.text(name), isBuiltIn: BUILT_IN_GROUPS.test(apiVersion) };
}

/** For ReplicaSets and Jobs; their metadata alone will do. */
export function trimOwned(raw: unknown, reader: FieldReader, shared: SharedValues): OwnedFacts | undefined {
  const identified = toIdentified(raw, reader, shared);
  if (identified === undefined) return undefined;
  const { namespaceName, name, metadata } = identified;
  return { namespaceName, name: shared.text(name), owner: toOwner(metadata, reader, shared) };
}

export function trimNamespace(raw: unknown, reader: FieldReader, shared: SharedValues): NamespaceFacts | undefined {
  const identified = toIdentified(raw, reader, shared, false);
  if (identified === undefined) return undefined;
  const { namespaceName, name, metadata } = identified;
  return {
    namespaceName,
    name,
    createdMs: reader.timeMs(metadata['creationTimestamp'], 'metadata.creationTimestamp'),
    labels: { ...reader.labels(metadata['labels'], 'metadata.labels'), [NAME_LABEL]: name },
  };
}
