import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { PodflowError } from '../lib/podflow-error.ts';
import { KUBERNETES_KINDS, type KubernetesKind } from '../model/kubernetes-counters.ts';
import { NameIndex, type NameIndexOptions } from './name-index.ts';

export interface ObjectsFileOptions extends NameIndexOptions {
  /** A YAML or JSON file, as `kubectl get pods,services,… --all-namespaces -o yaml` prints it. */
  readonly path: string;
}

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

/** What does not say when it began is there since ever: a capture may be older than the file. */
const EVER_MS = -Infinity;
/** Kinds of the same names in other groups are other things. */
const GROUPS: readonly unknown[] = ['v1', 'apps/v1', 'batch/v1', 'discovery.k8s.io/v1', 'networking.k8s.io/v1'];

/**
 * Reads the index of names from a file of objects: one or more YAML or JSON documents, lists included. JSON is read
 * much faster.
 * @throws PodflowError OBJECTS_FILE_INVALID where the file cannot be read, or an object cannot be used: names the
 * object and the field
 */
export async function readObjectsFile({ path, ...options }: ObjectsFileOptions): Promise<NamesFromFile> {
  const text = await readText(path);
  const objects = Object.fromEntries(KUBERNETES_KINDS.map((kind) => [kind, 0])) as Record<KubernetesKind, number>;
  const tally: Tally = { index: new NameIndex(options), objects, passedOver: 0 };
  parseDocuments(text, path).forEach((document, i) => take(document, `document ${i + 1}`, path, tally));
  return tally;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    return fail(path, error instanceof Error ? error.message : String(error), error);
  }
}

function parseDocuments(text: string, path: string): unknown[] {
  // A byte order mark is no part of either language.
  const content = text.replace(/^\uFEFF/, '');
  return parseJson(content) ?? parseYaml(content, path);
}

/** Undefined where the text is not one JSON document; it may still be several, or YAML. */
function parseJson(text: string): unknown[] | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return [JSON.parse(text)];
  } catch {
    return undefined;
  }
}

function parseYaml(text: string, path: string): unknown[] {
  const documents = parseAllDocuments(text, { logLevel: 'error', uniqueKeys: true });
  return [...documents].flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) return fail(path, error.message.split('\n')[0] ?? error.message, error);
    try {
      // By way of JSON: scalars would keep the whole text of the file alive.
      const json = JSON.stringify(document.toJS({ maxAliasCount: 100 }) ?? null);
      return json === 'null' ? [] : [JSON.parse(json) as unknown];
    } catch (cause) {
      return fail(path, cause instanceof Error ? cause.message : String(cause), cause);
    }
  });
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
  tally.index.apply(kind, 'ADDED', object, EVER_MS);
  const field = tally.index.lastFault;
  if (field !== undefined) fail(path, `${toTitle(kind, object, where)}: ${field} is missing or of another form`);
  tally.objects[kind]++;
}

function toTitle(kind: KubernetesKind, { metadata }: Json, where: string): string {
  const { namespace, name } = (metadata ?? {}) as Json;
  if (typeof name !== 'string') return `${kind} in ${where}`;
  return typeof namespace === 'string' ? `${kind} ${namespace}/${name}` : `${kind} ${name}`;
}

function fail(path: string, reason: string, cause?: unknown): never {
  throw new PodflowError('OBJECTS_FILE_INVALID', { path, reason }, cause);
}
