import { describe, expect, test } from '@jest/globals';
import { parseObjectPage } from '../../../../src/k8s/watch/parse-object-page.ts';
import { parseWatchEvent } from '../../../../src/k8s/watch/parse-watch-event.ts';
import { toTrouble } from '../../../../src/k8s/watch/trouble.ts';

describe('a page of a list', () => {
  test.each([
    ['{"metadata":{"resourceVersion":"7"},"items":[1]}', { items: [1], resourceVersion: '7', continueToken: '' }],
    [
      '{"metadata":{"resourceVersion":"7","continue":"x"},"items":[]}',
      { items: [], resourceVersion: '7', continueToken: 'x' },
    ],
    ['{"metadata":{"resourceVersion":"7"},"items":null}', { items: [], resourceVersion: '7', continueToken: '' }],
  ])('%s', (text, page) => expect(parseObjectPage(text)).toEqual(page));

  test.each([
    '',
    'null',
    '[]',
    '{}',
    '{"items":[]}',
    '{"metadata":null,"items":[]}',
    '{"metadata":{"resourceVersion":""},"items":[]}',
    '{"metadata":{"resourceVersion":7},"items":[]}',
    '{"metadata":{"resourceVersion":"7"}}',
    '{"metadata":{"resourceVersion":"7"},"items":{}}',
    '{"metadata":{"resourceVersion":"7","continue":1},"items":[]}',
    '{"metadata":{"resourceVersion":"7"},"items":[1]',
  ])('%s is none', (text) => expect(parseObjectPage(text)).toBeUndefined());
});

describe('an event of a watch', () => {
  test.each([
    [
      '{"type":"ADDED","object":{"metadata":{"resourceVersion":"8"}}}',
      { type: 'ADDED', object: { metadata: { resourceVersion: '8' } }, resourceVersion: '8' },
    ],
    ['{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}', { type: 'BOOKMARK', resourceVersion: '9' }],
    ['{"type":"ERROR","object":{"code":410}}', { type: 'ERROR', status: { code: 410 } }],
  ])('%s', (line, event) => expect(parseWatchEvent(line)).toEqual(event));

  test.each([
    '',
    'null',
    '{}',
    '{"type":"ADDED"}',
    '{"type":"ADDED","object":null}',
    '{"type":"ADDED","object":{}}',
    '{"type":"ADDED","object":{"metadata":{"resourceVersion":8}}}',
    '{"type":"RENAMED","object":{"metadata":{"resourceVersion":"8"}}}',
    '{"object":{"metadata":{"resourceVersion":"8"}}}',
    '{"type":"ADDED","object":{"metadata":{"resourceVersion":"8"}}',
  ])('%s is none', (line) => expect(parseWatchEvent(line)).toBeUndefined());
});

describe('a status', () => {
  test.each([
    [410, {}, undefined, { kind: 'expired' }],
    [504, { details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } }, undefined, { kind: 'expired' }],
    [504, { details: { causes: null } }, undefined, { kind: 'failed' }],
    [401, {}, undefined, { kind: 'unauthorized' }],
    [403, {}, undefined, { kind: 'denied', status: 403 }],
    [404, {}, undefined, { kind: 'denied', status: 404 }],
    [429, {}, '7', { kind: 'busy', retryAfterMs: 7_000 }],
    [429, {}, undefined, { kind: 'busy', retryAfterMs: 1_000 }],
    [503, {}, '1', { kind: 'busy', retryAfterMs: 1_000 }],
    [503, {}, undefined, { kind: 'failed' }],
    [429, {}, '999999', { kind: 'busy', retryAfterMs: 300_000 }],
    [500, { message: 'etcd is away' }, 'soon', { kind: 'failed', reason: '500: etcd is away' }],
    [500, { message: 7, reason: 'InternalError' }, undefined, { kind: 'failed', reason: '500: InternalError' }],
  ])('%d %j, Retry-After %s', (code, status, retryAfter, trouble) => {
    expect(toTrouble(code, status, retryAfter)).toMatchObject(trouble);
  });
});
