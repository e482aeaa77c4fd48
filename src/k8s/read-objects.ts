import { PodflowError } from '../lib/podflow-error.ts';
import { KUBERNETES_KINDS, type KubernetesKind } from '../model/kubernetes-counters.ts';
import { NameIndex, type NameIndexOptions } from './name-index.ts';

export interface ReadObjectsOptions extends NameIndexOptions {
  /** Where the objects came from, as errors name it: a path. */
  readonly path: string;
}

/** Names that are made of objects at hand. */
export interface NamesFromFile {
  readonly index: NameIndex;
  /** Objects taken in, by kind. */
  readonly objects: Readonly<Record<KubernetesKind, number>>;
  /** Objects of kinds that no names are made of. */
  readonly passedOver: number;
}

type Json = Readonly<Record<string, unknown>>;
interface Tally {
  readonly index: NameIndex;
  readonly objects: Record<KubernetesKind, number>;
  passedOver: number;
}

/** What does not say when it began is there since ever: a capture may be older than the objects. */
const EVER_MS = -Infinity;
/** Where an object that names none is put, as `kubectl apply` does. */
const DEFAULT_NAMESPACE = 'default';
/** Kinds of the same names in other groups are other things. */
const GROUPS: readonly unknown[] = [
  'v1',
  'apps/v1',
  'batch/v1',
  'discovery.k8s.io/v1',
  'networking.k8s.io/v1',
  'networking.k8s.aws/v1alpha1',
];

/**
 * Makes the index of names of parsed JSON: an object, a list as the API has it, or an array of either. Objects may be as
 * they are written, without what a server fills in: status, uid, namespace.
 * @throws PodflowError OBJECTS_FILE_INVALID where an object cannot be used: names the object and the field
 */
export function readObjects(value: unknown, options: ReadObjectsOptions): NamesFromFile {
  return readDocuments([value], options);
}

/** The same of several documents, which errors tell apart by their number. */
export function readDocuments(documents: readonly unknown[], { path, ...options }: ReadObjectsOptions): NamesFromFile {
  const objects = Object.fromEntries(KUBERNETES_KINDS.map((kind) => [kind, 0])) as Record<KubernetesKind, number>;
  const tally: Tally = { index: new NameIndex(options), objects, passedOver: 0 };
  documents.forEach((document, i) => take(document, `document ${i + 1}`, path, tally));
  return tally;
}

/** @param where the object's place, for what is said of it */
function take(value: unknown, where: string, path: string, tally: Tally): void {
  if (Array.isArray(value)) return takeAll(value, where, path, tally);
  if (typeof value !== 'object' || value === null) return fail(path, `${where} is no object`);
  const object = value as Json;
  const { kind, apiVersion, items } = object;
  if (typeof kind !== 'string') return fail(path, `${where} has no kind`);
  if (kind.endsWith('List') && Array.isArray(items)) {
    const itemKind = kind.slice(0, -4);
    // Items of a typed list do not say their kind.
    const typed = itemKind === '' ? items : items.map((item: unknown) => withKind(item, itemKind, apiVersion));
    return takeAll(typed, where, path, tally);
  }
  const isOfApi = apiVersion === undefined || GROUPS.includes(apiVersion);
  if (isOfApi && (KUBERNETES_KINDS as readonly string[]).includes(kind))
    takeObject(kind as KubernetesKind, object, where, path, tally);
  else tally.passedOver++;
}

function takeAll(values: readonly unknown[], where: string, path: string, tally: Tally): void {
  values.forEach((value, i) => take(value, `item ${i + 1} of ${where}`, path, tally));
}

function withKind(item: unknown, kind: string, apiVersion: unknown): unknown {
  return typeof item === 'object' && item !== null && !('kind' in item) ? { ...item, kind, apiVersion } : item;
}

function takeObject(kind: KubernetesKind, object: Json, where: string, path: string, tally: Tally): void {
  tally.index.apply(kind, 'ADDED', withNamespace(object), EVER_MS);
  const field = tally.index.lastFault;
  if (field !== undefined) fail(path, `${toTitle(kind, object, where)}: ${field} is missing or of another form`);
  tally.objects[kind]++;
}

/** Kinds without namespaces do not look at it. */
function withNamespace(object: Json): Json {
  const { metadata } = object;
  if (typeof metadata !== 'object' || metadata === null) return object;
  const { namespace } = metadata as Json;
  return (namespace ?? '') === '' ? { ...object, metadata: { ...metadata, namespace: DEFAULT_NAMESPACE } } : object;
}

function toTitle(kind: KubernetesKind, { metadata }: Json, where: string): string {
  const { namespace, name } = (metadata ?? {}) as Json;
  if (typeof name !== 'string') return `${kind} in ${where}`;
  return typeof namespace === 'string' && namespace !== '' ? `${kind} ${namespace}/${name}` : `${kind} ${name}`;
}

function fail(path: string, reason: string, cause?: unknown): never {
  throw new PodflowError('OBJECTS_FILE_INVALID', { path, reason }, cause);
}
