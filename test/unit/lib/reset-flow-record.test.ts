import { expect, test } from '@jest/globals';
import { createFlowRecord } from '../../../src/lib/create-flow-record.ts';
import { resetFlowRecord } from '../../../src/lib/reset-flow-record.ts';
import { createFullRecord } from '../../support/otlp-requests.ts';

test('a used record is as a new one after it', () => {
  const record = { ...createFullRecord(), intervalStartNs: 1 };
  const untouched = Object.entries(createFlowRecord()).filter(([name, value]) => Reflect.get(record, name) === value);
  expect(untouched).toEqual([]);
  resetFlowRecord(record);
  expect(record).toStrictEqual(createFlowRecord());
});
