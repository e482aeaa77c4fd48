import { describe, expect, test } from '@jest/globals';
import { validateEcsDocument } from '../../support/ecs-validator.ts';
import { encodeDocuments } from '../../support/encode-documents.ts';
import { createSampleConnection } from '../../support/sample-connections.ts';

type Members = Record<string, unknown>;

const [GOOD = {}] = encodeDocuments([createSampleConnection()]);

/** The good document with one member set, by dotted name. */
function change(name: string, value: unknown): Members {
  const document = structuredClone(GOOD);
  const path = name.split('.');
  const last = path.pop() ?? '';
  const parent = path.reduce<Members>((object, key) => (object[key] ??= {}) as Members, document);
  parent[last] = value;
  return document;
}

describe('the validator of documents', () => {
  test('finds nothing wrong with a good one', () => {
    expect(validateEcsDocument(GOOD)).toEqual([]);
  });

  test.each<[string, unknown, RegExp]>([
    ['source.port', '80', /source\.port is no long/],
    ['source.bytes', 1.5, /source\.bytes is no long/],
    ['source.bytes', 2 ** 63, /source\.bytes is no long/],
    ['source.ip', '10.0.0.300', /source\.ip is no ip/],
    ['source.domain', null, /source\.domain is no keyword/],
    ['source.domain', '', /source\.domain is no keyword/],
    ['source.geo', {}, /source\.geo is not in/],
    ['source.geo.location', { lat: 91, lon: 0 }, /no geo_point/],
    ['source.kubernetes.labels', { a: 1 }, /no flattened/],
    ['source.kubernetes.namespace', { name: 'x' }, /source\.kubernetes\.namespace\.name is not in/],
    ['source.nothing', 'x', /source\.nothing is not in/],
    ['event.category', 'network', /event\.category is no array/],
    ['event.category', ['file'], /event\.type connection is not expected/],
    ['event.type', ['connection', 'device'], /event\.type device is not expected/],
    ['event.type', ['connection', 'connection'], /twice/],
    ['event.kind', ['event'], /event\.kind is an array/],
    ['event.kind', 'flow', /event\.kind may not be "flow"/],
    ['event.outcome', 'ok', /event\.outcome may not be/],
    ['event.start', '2026-11-21', /event\.start is no date/],
    ['event.id', undefined, /event\.id is no keyword/],
    ['network.direction', 'sideways', /network\.direction may not be/],
    ['network.iana_number', 6, /iana_number is no keyword/],
    ['related.ip', ['10.244.1.7'], /destination\.ip is not in related\.ip/],
    ['podflow.verdict', 1, /podflow\.verdict is no keyword/],
    ['connection', 'x', /connection is not in DOCUMENT_FIELDS/],
  ])('sees that %s is %j', (name, value, problem) => {
    expect(validateEcsDocument(change(name, value)).join('\n')).toMatch(problem);
  });

  test.each([undefined, null, [], 'text'])('%j is no document', (value) => {
    expect(validateEcsDocument(value)).toEqual(['it is no object']);
  });

  test('sees that a field is missing', () => {
    const { data_stream: _left, ...rest } = GOOD;
    expect(validateEcsDocument(rest)).toContain('data_stream.dataset is missing');
  });
});
