import { expect, test } from '@jest/globals';
import { copyFlowRecord } from '../../../src/lib/copy-flow-record.ts';
import { createFlowRecord } from '../../../src/lib/create-flow-record.ts';

test('every field is copied, and none is swapped with another', () => {
  const names = Object.keys(createFlowRecord());
  const from = Object.fromEntries(names.map((name, at) => [name, `value ${at}`]));
  const into = createFlowRecord();
  copyFlowRecord(into, from as never);
  expect(into).toEqual(from);
  copyFlowRecord(into, createFlowRecord());
  expect(into).toEqual(createFlowRecord());
});
