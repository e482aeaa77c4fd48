import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DOCUMENT_FIELDS } from '../../../src/ecs/document/document-fields.ts';
import { toFieldsDoc } from '../../../src/ecs/document/fields-doc.ts';
import { CONNECTION_CASES } from '../../support/connection-cases.ts';
import { ECS_FIELD_LIST } from '../../support/ecs-field-list.ts';
import { encodeDocuments } from '../../support/encode-documents.ts';
import { createSampleConnection } from '../../support/sample-connections.ts';
import { createEnd, createExternalEnd, createObserver, createPodEnd } from '../../support/sample-ends.ts';

const WORKLOAD_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob'];

const DOC = join(import.meta.dirname, '../../../src/ecs/document/fields.md');
/** Cases beside the usual ones that have each field somewhere. */
const FURTHER = [
  ...WORKLOAD_KINDS.map((workloadKind) =>
    createSampleConnection({
      source: createPodEnd('10.244.1.7', 'a', 1, { workloadKind }),
      destination: createPodEnd('10.244.1.8', 'b', 2, { workloadKind }),
    }),
  ),
  createSampleConnection({
    source: createExternalEnd('203.0.113.9', { zone: 'x', candidateCount: 2 }),
    destination: createExternalEnd('203.0.113.10', { zone: 'y' }),
    translatedSourceAddress: '10.0.0.1',
    translatedSourcePort: 7,
    observer: createObserver(createEnd('10.0.0.9', { podName: 'agent', nodeName: 'node-9' })).set('host.name', 'h'),
  }),
  createSampleConnection({
    source: createEnd('10.96.0.1', { kind: 'service', namespaceName: 'a', serviceName: 'b' }),
  }),
];

function listNames(value: unknown, prefix: string): string[] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject) return [prefix];
  const below = Object.entries(value).flatMap(([key, member]) =>
    listNames(member, prefix === '' ? key : `${prefix}.${key}`),
  );
  return [prefix, ...below];
}

describe('DOCUMENT_FIELDS', () => {
  const names = DOCUMENT_FIELDS.map(({ name }) => name);

  test('has each name once, and none that is an object in another', () => {
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => names.some((other) => other.startsWith(`${name}.`)))).toEqual([]);
  });

  test('has ECS fields as ECS has them, and calls no other field one', () => {
    for (const { name, type, isArray, origin } of DOCUMENT_FIELDS) {
      const ecs = ECS_FIELD_LIST.get(name);
      expect([name, origin === 'ecs']).toEqual([name, ecs !== undefined]);
      if (ecs !== undefined) expect([name, type, isArray]).toEqual([name, ecs.type, ecs.array === true]);
    }
  });

  test('has no field that no document has', () => {
    const documents = encodeDocuments([...Object.values(CONNECTION_CASES), ...FURTHER], { hasRoles: true });
    const written = new Set(documents.flatMap((document) => listNames(document, '')));
    expect(names.filter((name) => !written.has(name))).toEqual([]);
  });

  test('is documented as it is (node src/ecs/document/write-fields-doc.ts)', () => {
    expect(readFileSync(DOC, 'utf8')).toBe(toFieldsDoc());
  });
});
