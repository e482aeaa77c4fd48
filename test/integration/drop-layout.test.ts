import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import {
  DROP_CONSTANTS_BYTES,
  DROP_COUNTERS,
  DROP_KEY,
  DROP_KEY_BYTES,
  DROP_KIND,
  DROP_TICK_NS,
  DROP_VALUE,
  DROP_VALUE_BYTES,
  FIRST_SYN,
  IGNORED_AT,
  TOLD_REASONS,
} from '../../src/capture/drops/drop-layout.ts';
import { describeWithTools } from '../support/requirements.ts';

const INCLUDE = fileURLToPath(new URL('../../src/capture/drops/', import.meta.url));

describeWithTools('drop-layout.ts has the layout of drops.h', ['cc'], () => {
  const folder = mkdtempSync(join(tmpdir(), 'podflow-layout-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What the C compiler says of constant expressions over drops.h. */
  function evaluate(...expressions: readonly string[]): number[] {
    const prints = expressions.map((expression) => `printf("%zu\\n", (size_t)(${expression}));`).join('\n');
    const source = `#include <stddef.h>\n#include <stdio.h>\n#include "drops.h"\nint main(void) {\n${prints}\n}\n`;
    const program = join(folder, 'layout');
    execFileSync('cc', ['-I', INCLUDE, '-o', program, '-x', 'c', '-'], { input: source });
    return execFileSync(program, { encoding: 'utf8' }).trim().split('\n').map(Number);
  }

  test('the key', () => {
    const members = ['source', 'destination', 'netns', 'reason', 'port[0]', 'port[1]', 'protocol', 'kind'];
    expect(evaluate(...members.map((name) => `offsetof(struct drop_key, ${name})`))).toEqual(Object.values(DROP_KEY));
    expect(evaluate('sizeof(struct drop_key)', 'DROP_IPV4', 'DROP_HAS_PORTS')).toEqual([
      DROP_KEY_BYTES,
      DROP_KIND.ipv4,
      DROP_KIND.hasPorts,
    ]);
  });

  test('the value', () => {
    const members = ['packets', 'bytes', 'first_ns', 'last_ns', 'tcp_flags'];
    const offsets = members.map((name) => `offsetof(struct drop_value, ${name})`);
    expect(evaluate(...offsets)).toEqual(Object.values(DROP_VALUE));
    expect(evaluate('sizeof(struct drop_value)', 'DROP_FIRST_SYN')).toEqual([DROP_VALUE_BYTES, FIRST_SYN]);
  });

  test('constants and counters', () => {
    expect(
      evaluate(
        'sizeof(struct drop_constants)',
        'offsetof(struct drop_constants, limit)',
        'offsetof(struct drop_constants, ignored)',
        'DROP_REASONS',
        '1ULL << DROP_TICK_SHIFT',
      ),
    ).toEqual([DROP_CONSTANTS_BYTES, 0, IGNORED_AT, TOLD_REASONS, DROP_TICK_NS]);
    const members = ['inserted', 'netns', 'rate', 'no_tuple', 'map_full'];
    const cells = evaluate(...members.map((name) => `offsetof(struct drop_counters, ${name}) / 8`));
    expect(cells.map((cell) => DROP_COUNTERS[cell])).toEqual(['inserted', 'namespace', 'rate', 'noTuple', 'mapFull']);
    expect(evaluate('sizeof(struct drop_counters) / 8')).toEqual([DROP_COUNTERS.length]);
  });
});
