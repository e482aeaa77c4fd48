import { describe, expect, test } from '@jest/globals';
import type { DocumentField } from '../../../../src/ecs/document/document-field.ts';
import { DOCUMENT_FIELDS } from '../../../../src/ecs/document/document-fields.ts';
import { createFlowTemplates, type FlowTemplateOptions } from '../../../../src/ecs/setup/flow-templates.ts';
import { toServerFeatures } from '../../../../src/ecs/setup/server-features.ts';
import { toMappings } from '../../../../src/ecs/setup/to-mappings.ts';

const NEWEST = toServerFeatures('9.5.3');

function bodies(options: FlowTemplateOptions, features = NEWEST): Record<string, unknown> {
  return Object.fromEntries(createFlowTemplates(options, features).map(({ name, body }) => [name, body]));
}

describe('toServerFeatures', () => {
  test.each([
    ['8.13.4', { hasLogsdb: false, hasFailureStore: false, hasRetention: false, hasLazyRollover: false }],
    ['8.17.0', { hasLogsdb: true, hasFailureStore: false, hasRetention: true, hasLazyRollover: true }],
    ['8.19.21', { hasLogsdb: true, hasFailureStore: true, hasRetention: true, hasLazyRollover: true }],
    ['9.0.0', { hasLogsdb: true, hasFailureStore: false, hasRetention: true, hasLazyRollover: true }],
    ['9.1.0-SNAPSHOT', { hasLogsdb: true, hasFailureStore: true, hasRetention: true, hasLazyRollover: true }],
    ['10.0.0', { hasLogsdb: true, hasFailureStore: true, hasRetention: true, hasLazyRollover: true }],
  ])('%s', (version, features) => {
    expect(toServerFeatures(version)).toEqual(features);
  });
});

describe('toMappings', () => {
  test('nests dotted names', () => {
    const field = (name: string, type: DocumentField['type']): DocumentField => ({
      ...{ name, type, isArray: false, origin: 'own', meaning: '' },
    });
    const fields = [field('a.b.c', 'ip'), field('x', 'date'), field('a.b.d', 'long'), field('a.e', 'flattened')];
    expect(toMappings(fields)).toEqual({
      a: { properties: { b: { properties: { c: { type: 'ip' }, d: { type: 'long' } } }, e: { type: 'flattened' } } },
      x: { type: 'date' },
    });
  });

  test('has every field of a document, once', () => {
    const leaves: string[] = [];
    const visit = (properties: object, path: string): void => {
      for (const [name, value] of Object.entries(properties) as [string, object][])
        if ('properties' in value) visit(value.properties as object, `${path}${name}.`);
        else leaves.push(`${path}${name}`);
    };
    visit(toMappings(DOCUMENT_FIELDS), '');
    expect(leaves.toSorted()).toEqual(DOCUMENT_FIELDS.map(({ name }) => name).toSorted());
  });

  test('says what the stream is in the fields that are the same for all documents', () => {
    expect(toMappings(DOCUMENT_FIELDS)['data_stream']).toMatchObject({
      properties: { type: { value: 'logs' }, dataset: { value: 'podflow.flow' } },
    });
  });
});

describe('createFlowTemplates', () => {
  test('puts the operator’s templates last, and needs none but its own', () => {
    const [first, second, index] = createFlowTemplates({}, NEWEST);
    const own = [first?.name, second?.name];
    const { composed_of: composed, ignore_missing_component_templates: ignored } = index!.body as {
      composed_of: string[];
      ignore_missing_component_templates: string[];
    };
    expect(composed.at(-1)).toBe('logs-podflow.flow@custom');
    expect(composed.filter((name) => !ignored.includes(name))).toEqual(own);
    expect(composed.indexOf('logs@settings')).toBeLessThan(composed.indexOf('podflow-flow@settings'));
  });

  test('keeps documents as long as it is told, against the stack’s own policy', () => {
    expect(bodies({ dataRetention: '30d' })['podflow-flow@settings']).toMatchObject({
      template: { lifecycle: { data_retention: '30d' }, settings: { index: { lifecycle: { prefer_ilm: false } } } },
    });
    expect(bodies({ lifecyclePolicy: 'flows' })['podflow-flow@settings']).toMatchObject({
      template: { settings: { index: { lifecycle: { name: 'flows' } } } },
    });
    expect(JSON.stringify(bodies({}))).not.toContain('lifecycle');
  });

  test('asks an older server for nothing that it does not know', () => {
    const text = JSON.stringify(bodies({}, toServerFeatures('8.13.0')));
    expect(text).not.toMatch(/logsdb|failure_store/);
  });

  test('has replicas and shards where they are given', () => {
    expect(bodies({ shards: 2, replicas: 0 })['podflow-flow@settings']).toMatchObject({
      template: { settings: { index: { number_of_shards: 2, number_of_replicas: 0 } } },
    });
  });
});
