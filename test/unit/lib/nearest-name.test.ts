import { expect, test } from '@jest/globals';
import { resolveNearestName } from '../../../src/lib/nearest-name.ts';

const KNOWN = ['interval', 'interface', 'for', 'json', 'otlp-endpoint'];

test.each([
  ['intervall', 'interval'],
  ['interfce', 'interface'],
  ['josn', 'json'],
  ['otlp-enpdoint', 'otlp-endpoint'],
  ['form', 'for'],
  ['fo', 'for'],
  ['unheard-of', undefined],
  ['x', undefined],
])('%s → %s', (typed, name) => {
  expect(resolveNearestName(typed, KNOWN)).toBe(name);
});
