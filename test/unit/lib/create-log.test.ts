import { describe, expect, test } from '@jest/globals';
import { createLog } from '../../../src/lib/create-log.ts';

function collect(format: 'json' | 'text', level: 'debug' | 'warn' = 'debug') {
  const lines: string[] = [];
  return { lines, log: createLog(level, format, (line) => lines.push(line)) };
}

describe('the log', () => {
  test('writes one JSON object a line, with the level as a word and the time as text', () => {
    const { lines, log } = collect('json');
    log.info({ backend: 'ebpf' }, 'observing');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/\n$/);
    const entry = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    expect(entry).toEqual({ level: 'info', time: expect.any(String), backend: 'ebpf', msg: 'observing' });
    expect(Math.abs(Date.parse(String(entry['time'])) - Date.now())).toBeLessThan(5_000);
  });

  test('leaves out what is below its level', () => {
    const { lines, log } = collect('json', 'warn');
    log.debug({}, 'a');
    log.info({}, 'b');
    log.warn({}, 'c');
    log.error({}, 'd');
    expect(lines).toHaveLength(2);
  });

  test('tells an error with its message and stack', () => {
    const { lines, log } = collect('json');
    log.error({ err: new RangeError('too far') }, 'failed');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ err: { type: 'RangeError', message: 'too far' } });
  });

  test('writes text for people', () => {
    const { lines, log } = collect('text');
    log.info({ port: 9464, labels: { a: 1 } }, 'listening');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}listening port=9464 labels=\{"a":1\}\n$/);
  });
});
