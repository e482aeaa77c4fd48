import { describe, expect, test } from '@jest/globals';
import { toChanges } from '../../../../src/ecs/setup/to-changes.ts';

describe('toChanges', () => {
  test('finds none between what was sent and what the server makes of it', () => {
    const sent = {
      template: { settings: { 'index.mode': 'logsdb', index: { number_of_shards: 1 } } },
      data_stream: {},
      version: 1,
    };
    const stored = {
      template: { settings: { index: { mode: 'logsdb', number_of_shards: '1' } } },
      data_stream: { hidden: false, allow_custom_routing: false },
      version: 1,
      created_date_millis: 1_795_280_387_199,
      modified_date_millis: 1_795_280_387_199,
    };
    expect(toChanges(stored, sent)).toEqual([]);
  });

  test('tells what comes, goes and changes, by path', () => {
    const stored = { a: { gone: 1, same: true, list: ['x', 'y'] }, version: 1 };
    const wanted = { a: { same: true, list: ['x', 'z'], come: 'new' }, version: 2 };
    expect(toChanges(stored, wanted)).toEqual([
      { path: 'a.come', from: undefined, to: 'new' },
      { path: 'a.gone', from: '1', to: undefined },
      { path: 'a.list.1', from: 'y', to: 'z' },
      { path: 'version', from: '1', to: '2' },
    ]);
  });

  test('takes another podflow with the same templates for no change', () => {
    const from = { _meta: { managed_by: 'podflow', podflow_version: '0.1.0' } };
    expect(toChanges(from, { _meta: { managed_by: 'podflow', podflow_version: '0.2.0' } })).toEqual([]);
  });
});
