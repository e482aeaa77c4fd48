import { toConnectionKey, type ToldConnection } from './flow-traffic.ts';

interface FoundEnd {
  readonly ip: string;
  readonly port?: number;
  readonly bytes?: number;
  readonly packets?: number;
  readonly kubernetes?: { readonly pod?: { readonly name?: string } };
}

/** The fields of a document that the tests read. */
export interface FoundDocument {
  readonly '@timestamp': string;
  readonly source: FoundEnd;
  readonly destination: FoundEnd;
  readonly podflow: {
    readonly perspectives: string;
    readonly source?: { readonly kind?: string };
    readonly destination?: { readonly kind?: string };
  };
}

export const FOUND_FIELDS = [
  '@timestamp',
  ...['source', 'destination'].flatMap((end) =>
    ['ip', 'port', 'bytes', 'packets', 'kubernetes.pod.name'].map((field) => `${end}.${field}`),
  ),
  'podflow.perspectives',
  'podflow.source.kind',
  'podflow.destination.kind',
];

/** How documents differ from what was told; all empty when each connection is stored once and as it was told. */
export interface DocumentDifference {
  readonly missing: readonly string[];
  readonly twice: readonly string[];
  /** Of connections that nobody told of. */
  readonly unknown: readonly string[];
  /** With other counts than were told. */
  readonly different: readonly string[];
}

export const NO_DIFFERENCE: DocumentDifference = { missing: [], twice: [], unknown: [], different: [] };
/** Of each kind so many are told. */
const EXAMPLES = 5;

/**
 * Compares stored documents with what was told, by what they say and not by their ids.
 * @param examples of each kind of difference so many at most
 */
export function compareDocuments(
  documents: Iterable<FoundDocument>,
  truth: ReadonlyMap<string, ToldConnection>,
  examples = EXAMPLES,
): DocumentDifference {
  const difference = {
    missing: [] as string[],
    twice: [] as string[],
    unknown: [] as string[],
    different: [] as string[],
  };
  const seen = new Set<string>();
  for (const document of documents) {
    const key = toKey(document);
    const told = truth.get(key);
    if (told === undefined) difference.unknown.push(key);
    else if (seen.has(key)) difference.twice.push(key);
    else if (!isSame(document, told)) difference.different.push(key);
    seen.add(key);
  }
  for (const key of truth.keys()) if (!seen.has(key)) difference.missing.push(key);
  return {
    missing: toExamples(difference.missing, examples),
    twice: toExamples(difference.twice, examples),
    unknown: toExamples(difference.unknown, examples),
    different: toExamples(difference.different, examples),
  };
}

function toKey({ source, destination, '@timestamp': timestamp }: FoundDocument): string {
  return toConnectionKey({
    sourceAddress: source.ip,
    sourcePort: source.port,
    destinationAddress: destination.ip,
    destinationPort: destination.port,
    endMs: Date.parse(timestamp),
  });
}

function isSame({ source, destination }: FoundDocument, told: ToldConnection): boolean {
  return (
    source.bytes === told.bytes &&
    source.packets === told.packets &&
    destination.bytes === told.reverseBytes &&
    destination.packets === told.reversePackets
  );
}

function toExamples(keys: readonly string[], count: number): string[] {
  return keys.length <= count ? [...keys] : [...keys.slice(0, count), `and ${keys.length - count} more`];
}
