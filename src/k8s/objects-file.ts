import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { PodflowError } from '../lib/podflow-error.ts';
import { readDocuments, type NamesFromFile, type ReadObjectsOptions } from './read-objects.ts';

/** `path` is a YAML or JSON file, as `kubectl get pods,services,… --all-namespaces -o yaml` prints it. */
export type ObjectsFileOptions = ReadObjectsOptions;

/**
 * Reads the index of names from a file of objects: one or more YAML or JSON documents, lists included. JSON is read
 * much faster.
 * @throws PodflowError OBJECTS_FILE_INVALID where the file cannot be read, or an object cannot be used: names the
 * object and the field
 */
export async function readObjectsFile(options: ObjectsFileOptions): Promise<NamesFromFile> {
  const { path } = options;
  return readDocuments(parseDocuments(await readText(path), path), options);
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

function fail(path: string, reason: string, cause?: unknown): never {
  throw new PodflowError('OBJECTS_FILE_INVALID', { path, reason }, cause);
}
