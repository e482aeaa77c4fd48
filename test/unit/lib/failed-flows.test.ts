import { describe, expect, test } from '@jest/globals';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { FailedFlows } from '../../../src/lib/failed-flows.ts';
import { createSampleRecord } from '../../support/otlp-sample-records.ts';

function failing(flowId: string, sequence: number, changes: Partial<FlowRecord> = {}): FlowRecord {
  return createSampleRecord(0, { flowId, sequence, event: 'update', verdict: 'dropped', ...changes });
}

describe('FailedFlows', () => {
  test('only the first failing report of a flow is new', () => {
    const flows = new FailedFlows(10);
    expect([0, 1, 2].map((sequence) => flows.isNew(failing('a', sequence)))).toEqual([true, false, false]);
    expect(flows.isNew(failing('b', 0))).toBe(true);
  });

  test('a flow that fails after it was forwarded is new then', () => {
    const flows = new FailedFlows(10);
    expect(flows.isNew(failing('a', 0, { verdict: 'forwarded' }))).toBe(false);
    expect(flows.isNew(failing('a', 1))).toBe(true);
  });

  test('a flow is forgotten with its end, also when that is no failure', () => {
    const flows = new FailedFlows(10);
    flows.isNew(failing('a', 0));
    flows.isNew(failing('b', 0));
    flows.isNew(failing('a', 1, { event: 'end' }));
    flows.isNew(failing('b', 1, { event: 'end', verdict: 'forwarded' }));
    expect(flows.size).toBe(0);
  });

  test('a flow of one report is never remembered', () => {
    const flows = new FailedFlows(10);
    expect(flows.isNew(failing('a', 0, { event: 'end', verdict: 'rejected' }))).toBe(true);
    expect(flows.size).toBe(0);
  });

  test('an id that begins anew counts anew', () => {
    const flows = new FailedFlows(10);
    flows.isNew(failing('a', 0));
    expect(flows.isNew(failing('a', 0))).toBe(true);
  });

  test('no more than the limit are remembered, the latest ones', () => {
    const flows = new FailedFlows(3);
    for (const id of ['a', 'b', 'c', 'd', 'e']) flows.isNew(failing(id, 0));
    expect(flows.size).toBe(3);
    expect(['c', 'd', 'e'].map((id) => flows.isNew(failing(id, 1)))).toEqual([false, false, false]);
    expect(flows.isNew(failing('a', 1))).toBe(true);
  });
});
