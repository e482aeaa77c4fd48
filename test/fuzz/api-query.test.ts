import { randomInt } from 'node:crypto';
import { parse } from 'node:querystring';
import { describe, expect, test } from '@jest/globals';
import { FLOW_PARAMETERS } from '../../src/web/api/flow-parameters.ts';
import { MAP_PARAMETERS } from '../../src/web/api/map-parameters.ts';
import { parseQuery } from '../../src/web/api/parameter.ts';
import { RecentFlows } from '../../src/web/api/recent-flows.ts';
import { createMixedConnection, createMixedEnds } from '../support/mixed-connections.ts';
import { SAMPLE_INTERVAL_MS } from '../support/sample-connections.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 5);
const QUERIES_PER_ROUND = 500;

type Random = ReturnType<typeof seededRandom>;

/** Names and values that decide something, right and wrong ones. */
const NAMES = [...Object.keys(FLOW_PARAMETERS), 'level', 'window', 'x', '', '__proto__', 'constructor', 'limit[]'];
const VALUES = [
  ...['shop', 'shop/app-1', 'tcp', '80', '443', '0', '-1', '1e9', '1000', '1001', '9007199254740993', 'dropped', ','],
  ...['dropped,rejected', 'syn_unanswered', '10.244.1.11', '::1', '5m', '1.5h', '0s', 'pod', 'workload', '%', '%00'],
  ...['2026-11-21T11:00:00Z', '2026-11-21T11:00:00%2B01:00', '2026-99-99T99:99:99Z', '%f0%9f%90%9d', '../..', '"', ''],
];

function makeQuery(random: Random): string {
  return Array.from({ length: random(5) }, () => {
    const value = VALUES[random(VALUES.length)]!;
    const spoilt = random(4) === 0 ? value.slice(random(value.length + 1)) + String.fromCharCode(random(256)) : value;
    return `${NAMES[random(NAMES.length)]}${random(20) === 0 ? '' : '='}${spoilt}`;
  }).join('&');
}

describe('queries of the API', () => {
  test(`are read or refused, whatever they hold (${SECONDS} s)`, () => {
    const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));
    process.stderr.write(`api-query: FUZZ_SEED=${seed}\n`);
    const random = seededRandom(seed);
    const flows = new RecentFlows({ flowLimit: 50 });
    const ends = createMixedEnds();
    flows.accept(Array.from({ length: 60 }, () => createMixedConnection(random, ends, SAMPLE_INTERVAL_MS)));
    const outcomes = { read: 0, refused: 0, found: 0 };
    const endMs = performance.now() + SECONDS * 1_000;
    do {
      for (let query = 0; query < QUERIES_PER_ROUND; query++) check(makeQuery(random), flows, outcomes);
    } while (performance.now() < endMs);
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(0);
  });
});

function check(query: string, flows: RecentFlows, outcomes: { read: number; refused: number; found: number }): void {
  for (const list of [FLOW_PARAMETERS, MAP_PARAMETERS]) {
    const parsed = parseQuery(list, parse(query));
    const given = Object.keys(parse(query));
    if ('problems' in parsed) {
      outcomes.refused++;
      const unnamed = parsed.problems.filter(({ parameter, detail }) => !given.includes(parameter) || detail === '');
      if (unnamed.length > 0) throw new Error(`${query}: ${JSON.stringify(unnamed)}`);
      continue;
    }
    outcomes.read++;
    if (given.some((name) => !Object.hasOwn(list, name))) throw new Error(`${query}: an unknown parameter was taken`);
    const { limit, cursor, ...rest } = parsed.values as Record<string, unknown>;
    const filters = Object.values(rest).filter((value) => typeof value === 'function');
    const page = flows.find({ filters: filters as never, limit: Number(limit), before: cursor as number | undefined });
    if (page.flows.length > Math.min(50, Number(limit))) throw new Error(`${query}: too many flows`);
    outcomes.found += page.flows.length;
  }
}
