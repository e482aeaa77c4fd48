import { describe, expect, test } from '@jest/globals';
import type { DeniedList, DeniedPair } from '../../../src/model/denied-pairs.ts';
import { toDeniedText } from '../../../src/roles/explain/denied-text.ts';
import { explainLine } from '../../../src/roles/explain/explain-batch.ts';
import { toExplanationText } from '../../../src/roles/explain/explanation-text.ts';
import type { Explanation, Observed } from '../../../src/roles/explain/explanation.ts';
import { toLikelyCause } from '../../../src/roles/explain/likely-cause.ts';
import { NGINX_CASE } from '../../support/nginx-case.ts';
import { createDeniedPair, toWorkloadParty } from '../../support/sample-denied-pair.ts';

const SEEN: Observed = {
  api: 'http://enrich:9090',
  problem: null,
  reports: 4,
  connections: 3,
  verdicts: { forwarded: 4 },
  reasons: {},
  findings: {},
  firstSeenMs: 0,
  lastSeenMs: 60_000,
  hasMore: false,
};
const FAILED: Observed = { ...SEEN, verdicts: { dropped: 4 }, reasons: { syn_unanswered: 4 } };

function explain(from: string, observed: Observed): Explanation {
  const line = JSON.stringify({ objects: NGINX_CASE, from, to: 'default/nginx', port: 80 });
  const facts = { ...(explainLine(line) as Explanation), observed };
  return { ...facts, likelyCause: toLikelyCause(facts) };
}

describe('what was observed', () => {
  test('bears on the likely cause', () => {
    expect(explain('default/accesstrue', SEEN).likelyCause).toBe('Policies allow it, and it was seen to get through.');
    expect(explain('default/accessfalse', SEEN).likelyCause).toMatch(
      /access=false\); yet it got through lately, so that the policy is not enforced, or has just changed\.$/,
    );
    expect(explain('default/accessfalse', FAILED).likelyCause).toMatch(/having access=false\)\.$/);
    expect(explain('default/accesstrue', FAILED).likelyCause).toMatch(
      /^Policies allow it, yet 4 of 4 reports failed \(syn_unanswered\): look beyond NetworkPolicies/,
    );
    const refused: Observed = { ...SEEN, verdicts: { rejected: 1, forwarded: 3 }, reasons: { connection_refused: 1 } };
    expect(explain('default/accesstrue', refused).likelyCause).toBe(
      'Policies allow it, yet 1 of 4 reports failed (connection_refused): nobody listens on that port.',
    );
  });

  test.each([
    [SEEN, '3 connections in 4 reports: 4 forwarded, last 30 s ago'],
    [
      { ...FAILED, connections: 1, hasMore: true },
      'at least 1 connection in 4 reports: 4 dropped (4 syn_unanswered), last 30 s ago',
    ],
    [{ ...SEEN, reports: 0 }, 'nothing of this pair lately'],
    [{ ...SEEN, problem: 'connection refused' }, 'http://enrich:9090 could not be asked: connection refused'],
  ])('is told in one line', (observed, line) => {
    const text = toExplanationText(explain('default/accesstrue', observed), 90_000);
    expect(/^observed +(.*)$/m.exec(text)?.[1]).toBe(line);
  });
});

const PAIR = createDeniedPair({ connections: 12, packets: 36, firstSeenMs: 0, lastSeenMs: 297_000 });

describe('denied pairs', () => {
  const list = (pairs: readonly DeniedPair[], more: Partial<DeniedList> = {}): DeniedList => ({
    ...{ fromMs: 0, toMs: 300_000, pairs, omittedPairs: 0, overflowConnections: 0 },
    ...more,
  });

  test('are one a line, with who denies it and why', () => {
    const outside = {
      ...PAIR,
      destination: {
        ...toWorkloadParty(''),
        kind: 'external',
        workloadName: undefined,
        address: '203.0.113.9',
      } as const,
      ...({ serviceName: undefined, finding: 'unexplained', connections: 1 } as const),
    };
    const text = toDeniedText(list([PAIR, outside], { omittedPairs: 3, overflowConnections: 9 }));
    expect(text.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['CONNECTIONS', 'PACKETS', 'LAST', 'FROM', 'TO', 'SERVICE', 'PORT', 'WHY'],
      [
        '12',
        '36',
        '3 s ago',
        'Deployment shop/web',
        'Deployment shop/cart',
        'shop/cart',
        '8080/tcp',
        'dropped (syn_unanswered), denied by shop/only-admin (ingress): no rule admits web',
      ],
      [
        '1',
        '36',
        '3 s ago',
        'Deployment shop/web',
        '203.0.113.9',
        '-',
        '8080/tcp',
        'dropped (syn_unanswered), though policies allow it',
      ],
      ['3 more pairs: --limit'],
      ['9 connections of pairs that found no room'],
      [''],
    ]);
  });

  test('say so where there are none', () => {
    expect(toDeniedText(list([]))).toBe('Nothing failed in the last 5 min.\n');
  });
});
