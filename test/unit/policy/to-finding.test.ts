import { describe, expect, test } from '@jest/globals';
import type { PolicyJudgement } from '../../../src/model/policy-judgement.ts';
import { toFinding } from '../../../src/policy/to-finding.ts';
import { PolicyEvaluator } from '../../../src/policy/policy-evaluator.ts';
import { MemoryCatalogue } from '../../support/policy/memory-catalogue.ts';
import { judgeBy, podEnd, policyObject } from '../../support/policy/policy-objects.ts';
import { createSampleConnection, type ConnectionChanges } from '../../support/sample-connections.ts';
import { createExternalEnd } from '../../support/sample-ends.ts';

const [client, server] = [podEnd('client'), podEnd('server')];
const denied = judgeBy([policyObject('deny', {})], client, server);
const allowed = judgeBy([], client, server);
const unknown = judgeBy([policyObject('deny', {})], client, server, { protocolNumber: 1 });

const connect = (changes: ConnectionChanges = {}) =>
  createSampleConnection({ source: client, destination: server, flowsBegun: 1, ...changes });
const TIME_MS = connect().record.startNs / 1e6;

function find(judgement: PolicyJudgement, changes: ConnectionChanges, agoMs = 5_000) {
  const catalogue = new MemoryCatalogue([], {}, TIME_MS - agoMs);
  return new PolicyEvaluator({ catalogue }).find(connect(changes), judgement);
}

const DROPPED = { verdict: 'dropped', dropReason: 'syn_unanswered' } as const;
const REFUSED = { verdict: 'rejected', dropReason: 'connection_refused' } as const;
const PROHIBITED = { verdict: 'rejected', dropReason: 'admin_prohibited' } as const;
const ANSWERED = { verdict: 'forwarded' } as const;

describe('findings', () => {
  test('denied: it failed and a policy denies it, even one of just now', () => {
    expect([DROPPED, REFUSED, PROHIBITED].map((changes) => find(denied, changes, 0))).toEqual([
      'denied',
      'denied',
      'denied',
    ]);
    expect(find(denied, { verdict: 'unknown' })).toBeUndefined();
  });

  test('unexpectedly allowed: it began now and was answered', () => {
    expect(find(denied, ANSWERED)).toBe('unexpectedly_allowed');
    expect(find(denied, { ...ANSWERED, flowsBegun: 0 })).toBeUndefined();
    expect(find(denied, { ...ANSWERED, record: { reversePackets: 0 } })).toBeUndefined();
    expect(find(denied, { ...ANSWERED, record: { reversePackets: 0 }, serverRecord: { reversePackets: 1 } })).toBe(
      'unexpectedly_allowed',
    );
  });

  test('unexplained: dropped between pods, and no policy denies it', () => {
    expect([DROPPED, PROHIBITED].map((changes) => find(allowed, changes))).toEqual(['unexplained', 'unexplained']);
    expect(find(allowed, REFUSED)).toBeUndefined();
    expect(find(allowed, { ...DROPPED, source: createExternalEnd('203.0.113.1') })).toBeUndefined();
    expect(find(allowed, ANSWERED)).toBeUndefined();
  });

  test('not while a change of policies may still be on its way', () => {
    expect([find(denied, ANSWERED, 4_999), find(allowed, DROPPED, 4_999)]).toEqual([undefined, undefined]);
    // Nor of a time before it.
    expect([find(denied, ANSWERED, -1), find(allowed, DROPPED, -1)]).toEqual([undefined, undefined]);
  });

  test('a change matters to the namespaces of both ends, and to no other', () => {
    const inNamespace = (namespaceName: string) => podEnd('pod', {}, { namespaceName });
    const findBetween = (source: string, destination: string) => {
      const changes = { ...ANSWERED, source: inNamespace(source), destination: inNamespace(destination) };
      const namespaceChangedMs = (name: string) => (name === 'changed' ? TIME_MS : 0);
      return toFinding(connect(changes), denied, { catalogue: { namespaceChangedMs }, settleMs: 5_000 });
    };
    expect([findBetween('changed', 'shop'), findBetween('shop', 'changed')]).toEqual([undefined, undefined]);
    expect(findBetween('shop', 'bank')).toBe('unexpectedly_allowed');
  });

  test('none where the policies do not tell', () => {
    expect([DROPPED, ANSWERED].map((changes) => find(unknown, changes))).toEqual([undefined, undefined]);
  });
});
