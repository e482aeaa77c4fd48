import { parse } from 'node:querystring';
import { describe, expect, test } from '@jest/globals';
import { FLOW_PARAMETERS } from '../../../src/web/api/flow-parameters.ts';
import { MAP_PARAMETERS } from '../../../src/web/api/map-parameters.ts';
import { parseQuery, type ParameterList } from '../../../src/web/api/parameter.ts';

function problemsOf(list: ParameterList, query: string): Record<string, string> {
  const parsed = parseQuery(list, parse(query));
  if (!('problems' in parsed)) return {};
  return Object.fromEntries(parsed.problems.map(({ parameter, detail }) => [parameter, detail]));
}

describe('a query', () => {
  test('without parameters has the defaults', () => {
    expect(parseQuery(MAP_PARAMETERS, parse(''))).toEqual({
      values: { level: 'workload', namespace: undefined, window: undefined, limit: 1_000 },
    });
  });

  test('is read', () => {
    expect(parseQuery(MAP_PARAMETERS, parse('level=pod&namespace=shop&window=1.5m&limit=7'))).toEqual({
      values: { level: 'pod', namespace: 'shop', window: 90_000, limit: 7 },
    });
  });

  test('with several problems is told them all', () => {
    expect(problemsOf(MAP_PARAMETERS, 'level=node&limit=0&window=soon&naemspace=shop&x=1')).toEqual({
      level: 'is none of workload, pod',
      limit: 'is not within 1 to 10000',
      window: 'is no duration such as 500ms, 20s, 5m or 1h',
      naemspace: 'is not known; meant is namespace?',
      x: 'is not known; known are level, namespace, window, limit',
    });
  });

  test.each([
    ['limit=1&limit=2', 'limit', 'is given more than once'],
    ['limit', 'limit', 'is no whole number'],
    ['limit=1e3', 'limit', 'is no whole number'],
    ['limit=-1', 'limit', 'is no whole number'],
    ['limit=%31%00', 'limit', 'is no whole number'],
    ['limit=1001', 'limit', 'is not within 1 to 1000'],
    ['port=65536', 'port', 'is not within 0 to 65535'],
    ['port=http', 'port', 'is no whole number'],
    ['namespace=', 'namespace', 'is no name of an object'],
    ['namespace=a/b', 'namespace', 'is no name of an object'],
    ['pod=a/b/c', 'pod', 'is neither NAME nor NAMESPACE/NAME'],
    ['pod=/b', 'pod', 'is neither NAME nor NAMESPACE/NAME'],
    ['address=cart', 'address', 'is no IP address'],
    ['verdict=', 'verdict', 'has "", none of forwarded, dropped, rejected, unknown'],
    ['verdict=dropped,denied', 'verdict', 'has "denied", none of forwarded, dropped, rejected, unknown'],
    ['from=yesterday', 'from', expect.stringContaining('is neither a time')],
    ['from=2026-11-21', 'from', expect.stringContaining('is neither a time')],
    ['from=2026-13-41T00:00:00Z', 'from', expect.stringContaining('is neither a time')],
    ['from=2026-11-21T11:00:00+01:00', 'from', expect.stringContaining('%2B')],
    ['cursor=-', 'cursor', 'is no whole number'],
    ['cursor=9007199254740993', 'cursor', expect.stringContaining('is not within')],
    ['__proto__=1', '__proto__', expect.stringContaining('is not known')],
    ['constructor=1', 'constructor', expect.stringContaining('is not known')],
    ['namespace[]=a', 'namespace[]', expect.stringContaining('is not known')],
    ['Limit=1', 'Limit', 'is not known; meant is limit?'],
  ])('%s is refused', (query, parameter, detail) => {
    expect(problemsOf(FLOW_PARAMETERS, query)).toEqual(Object.fromEntries([[parameter, detail]]));
  });

  test.each([
    ['limit=1000'],
    ['port=0'],
    ['pod=shop/cart-7d9f8b6c5d-abcde'],
    ['workload=cart'],
    ['address=2001:db8::7'],
    ['verdict=dropped,rejected'],
    ['from=2026-11-21T11:00:00Z&to=2026-11-21T12:00:00.250%2B01:00'],
    ['from=0&to=1795258800000'],
    ['cursor=1795258800000000'],
  ])('%s is taken', (query) => {
    expect(problemsOf(FLOW_PARAMETERS, query)).toEqual({});
  });
});
