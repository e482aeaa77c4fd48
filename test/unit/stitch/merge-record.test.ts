import { expect, test } from '@jest/globals';
import { SYMPTOM_BIT } from '../../../src/model/flow-symptom.ts';
import { mergeRecord } from '../../../src/stitch/merge-record.ts';
import { createPerspective } from '../../support/perspective-records.ts';

test('symptoms add up, of retries the most count, of packet sizes the least', () => {
  const { reset, zero_window, packet_too_big } = SYMPTOM_BIT;
  const into = createPerspective('client', 1, { symptoms: reset, synRetries: 2, icmpMtuBytes: undefined });
  mergeRecord(
    into,
    createPerspective('client', 1, { symptoms: packet_too_big, synRetries: undefined, icmpMtuBytes: 1_400 }),
  );
  mergeRecord(into, createPerspective('client', 1, { symptoms: zero_window, synRetries: 1, icmpMtuBytes: 1_450 }));
  expect(into).toMatchObject({ symptoms: reset | zero_window | packet_too_big, synRetries: 2, icmpMtuBytes: 1_400 });
});

test('the later report has the last word, with its detail', () => {
  const into = createPerspective('client', 1, { dropDetail: 'LATER', verdict: 'dropped', endNs: 9 });
  mergeRecord(into, createPerspective('client', 1, { dropDetail: 'EARLIER', endNs: 8 }));
  expect(into).toMatchObject({ dropDetail: 'LATER', verdict: 'dropped' });
  mergeRecord(into, createPerspective('client', 1, { dropDetail: undefined, endNs: 10 }));
  expect(into).toMatchObject({ dropDetail: undefined, verdict: 'forwarded' });
});
