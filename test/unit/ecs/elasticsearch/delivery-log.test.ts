import { expect, test } from '@jest/globals';
import { DeliveryLog } from '../../../../src/ecs/elasticsearch/delivery-log.ts';
import { SILENT_LOG } from '../../../../src/lib/log.ts';

test('tells each trouble when it begins, then once a minute with what was left out, and its end', () => {
  const lines: string[] = [];
  const note = (fields: object, message: string) => lines.push(`${message.split(';')[0]} ${JSON.stringify(fields)}`);
  let nowMs = 0;
  const log = new DeliveryLog({ ...SILENT_LOG, warn: note, info: note }, () => nowMs);
  log.answered();
  log.warn('rejected', { id: 'a' });
  log.warn('rejected', { id: 'b' });
  log.warn('away', { reason: 'x' });
  nowMs = 61_000;
  log.warn('rejected', { id: 'c' });
  log.answered();
  log.warn('away', { reason: 'y' });
  expect(lines).toEqual([
    'Elasticsearch refused a document for good {"id":"a"}',
    'Elasticsearch does not answer {"reason":"x"}',
    'Elasticsearch refused a document for good {"id":"c","alsoSince":1}',
    'Elasticsearch takes documents again {"awayMs":61000}',
    'Elasticsearch does not answer {"reason":"y"}',
  ]);
});
