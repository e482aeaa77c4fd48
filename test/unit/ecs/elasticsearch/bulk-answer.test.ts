import { expect, test } from '@jest/globals';
import { toDocumentFate, toRejectedField, type BulkItem } from '../../../../src/ecs/elasticsearch/bulk-answer.ts';

/** As Elasticsearch 9.5 answered. */
test.each<[ReturnType<typeof toDocumentFate>, BulkItem]>([
  ['created', { status: 201 }],
  ['failure_store', { status: 201, failure_store: 'used' }],
  ['duplicate', { status: 409, error: { type: 'version_conflict_engine_exception', reason: 'already exists' } }],
  ['rejected', { status: 409, error: { type: 'illegal_state_exception' } }],
  ['rejected', { status: 400, failure_store: 'failed', error: { type: 'document_parsing_exception' } }],
  ['rejected', { status: 400, failure_store: 'not_enabled', error: { type: 'illegal_argument_exception' } }],
  ['again', { status: 429, error: { type: 'es_rejected_execution_exception' } }],
  ['again', { status: 503, error: { type: 'unavailable_shards_exception' } }],
  ['denied', { status: 403, error: { type: 'security_exception' } }],
  ['denied', { status: 403, error: { type: 'cluster_block_exception' } }],
  ['denied', { status: 404, error: { type: 'index_not_found_exception' } }],
])('%s: %j', (fate, item) => {
  expect(toDocumentFate(item)).toBe(fate);
});

test('finds the field that an error names', () => {
  const reason = "[1:45] failed to parse field [source.ip] of type [ip] in document with id 'a'. Preview: 'x'";
  expect(toRejectedField(reason)).toBe('source.ip');
  expect(toRejectedField('something else')).toBeUndefined();
  expect(toRejectedField(undefined)).toBeUndefined();
});
