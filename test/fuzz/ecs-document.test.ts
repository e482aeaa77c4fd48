import { randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { BulkLines } from '../../src/ecs/document/bulk-lines.ts';
import { DocumentEncoder } from '../../src/ecs/document/document-encoder.ts';
import type { Connection } from '../../src/model/connection.ts';
import type { NamedEnd } from '../../src/model/named-end.ts';
import { validateEcsDocument } from '../support/ecs-validator.ts';
import { createOddConnection } from '../support/odd-connections.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 5);
/** On a busy machine it takes longer than that. */
const LEAST_DOCUMENTS = 500 * SECONDS;
const BATCH = 50;

interface ReadSide {
  readonly kubernetes?: {
    readonly namespace?: string;
    readonly pod?: { readonly name?: string };
    readonly labels?: Readonly<Record<string, string>>;
  };
}

interface ReadDocument {
  readonly event: { readonly id: string };
  readonly source: ReadSide;
  readonly destination: ReadSide;
  readonly observer: { readonly ingress?: { readonly interface: { readonly name: string } } };
  readonly podflow: { readonly flow: { readonly id: string } };
}

/** Code units of all kinds: ASCII and its controls, surrogates in any order, anything else. */
function createText(random: (limit: number) => number): string {
  return Array.from({ length: 1 + random(40) }, () => {
    const kind = random(4);
    const unit = kind === 0 ? 0xd800 + random(0x800) : kind === 1 ? random(0x80) : kind === 2 ? random(0x1_0000) : 0x61;
    return String.fromCharCode(unit);
  }).join('');
}

function withTexts(connection: Connection, random: (limit: number) => number): Connection {
  const text = (): string => createText(random);
  const labels = Object.fromEntries(Array.from({ length: random(5) }, () => [text(), text()]));
  const source = { ...connection.source, namespaceName: text(), podName: text(), labels };
  const record = { ...connection.record, interfaceName: text(), flowId: text(), transport: text() };
  return { ...connection, source, record, joinId: `1:${text()}`, communityId: text() };
}

/** Labels as Elasticsearch can have them: texts that are well-formed, no U+0000. */
function toReadLabels(labels: NamedEnd['labels'] = {}): Record<string, string> {
  const fit = Object.entries(labels).filter(([key]) => !key.includes('\0'));
  return Object.fromEntries(
    fit.map(([key, value]) => [key, value.replaceAll('\0', '')].map((text) => text.toWellFormed())),
  );
}

/** What is wrong with the text of a connection's document; undefined when nothing is. */
function findFault({ source, record }: Connection, id: string, text: string): string | undefined {
  if (!/^[ -~]+$/.test(text)) return 'it is not one line of ASCII';
  const document = JSON.parse(text) as ReadDocument;
  if (document.event.id !== id || !/^[\w.-]+$/.test(id)) return `its id is ${id}`;
  const problems = validateEcsDocument(document);
  if (problems.length > 0) return problems.join('; ');
  const { namespace, pod, labels = {} } = document.source.kubernetes ?? {};
  const read = [namespace, pod?.name, document.observer.ingress?.interface.name, document.podflow.flow.id];
  const told = [source.namespaceName, source.podName, record.interfaceName, record.flowId];
  const isSame = told.every((value, index) => value?.toWellFormed() === read[index]);
  if (!isSame) return `${JSON.stringify(told)} became ${JSON.stringify(read)}`;
  return isDeepStrictEqual({ ...labels }, toReadLabels(source.labels)) ? undefined : 'labels are others';
}

describe('fuzz: documents', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));

  test(
    `whatever names and labels are, they are read as they were told (FUZZ_SEED=${seed})`,
    () => {
      const random = seededRandom(seed);
      const encoder = new DocumentEncoder({ cachedEnds: 64, hasRoles: true });
      const lines = new BulkLines();
      const endMs = performance.now() + SECONDS * 1_000;
      let documents = 0;
      while (performance.now() < endMs || documents < LEAST_DOCUMENTS) {
        const batch = Array.from({ length: BATCH }, () => withTexts(createOddConnection(random), random));
        lines.clear();
        encoder.encode(batch, lines);
        const faults = batch.flatMap(
          (connection, index) => findFault(connection, lines.id(index), lines.sourceText(index)) ?? [],
        );
        expect(faults).toEqual([]);
        documents += batch.length;
      }
      expect(documents).toBeGreaterThanOrEqual(LEAST_DOCUMENTS);
    },
    SECONDS * 10_000 + 20_000,
  );
});
