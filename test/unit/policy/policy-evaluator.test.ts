import { describe, expect, test } from '@jest/globals';
import type { Connection } from '../../../src/model/connection.ts';
import { PolicyEvaluator } from '../../../src/policy/policy-evaluator.ts';
import { MemoryCatalogue } from '../../support/policy/memory-catalogue.ts';
import { NAMESPACES, podEnd, policyObject } from '../../support/policy/policy-objects.ts';
import { createSampleConnection, UDP_FACTS, type ConnectionChanges } from '../../support/sample-connections.ts';
import { createEnd, createExternalEnd } from '../../support/sample-ends.ts';

const client = podEnd('client', { app: 'client' });
const server = podEnd('server', { app: 'server' });
const node = createEnd('192.0.2.1', { kind: 'node', nodeName: 'elsewhere' });
const ofServer = { podSelector: { matchLabels: { app: 'server' } } };
const denyServer = policyObject('deny', { ...ofServer, ingress: [] });

function connect(changes: ConnectionChanges = {}): Connection {
  return createSampleConnection({
    source: client,
    destination: server,
    destinationPort: 80,
    flowsBegun: 1,
    ...changes,
  });
}

const TIME_MS = connect().record.startNs / 1e6;

function createEvaluator(policies: readonly object[], fromMs = TIME_MS - 60_000) {
  const catalogue = new MemoryCatalogue(policies, NAMESPACES, fromMs);
  const ends = { resolveEnd: () => node };
  return { catalogue, evaluator: new PolicyEvaluator({ catalogue, ends }) };
}

describe('a connection is judged', () => {
  test('by its resolved tuple and protocol', () => {
    const { evaluator } = createEvaluator([policyObject('a', { ...ofServer, ingress: [{ ports: [{ port: 8080 }] }] })]);
    expect(evaluator.judge(connect({ dialledPort: 80, destinationPort: 8080 }))?.verdict).toBe('allowed');
    expect(evaluator.judge(connect({ dialledPort: 8080, destinationPort: 80 }))?.verdict).toBe('denied');
    expect(evaluator.judge(connect({ destinationPort: 8080, record: { protocolNumber: 17 } }))?.verdict).toBe('denied');
  });

  test('not, where there is nothing to judge', () => {
    const { evaluator, catalogue } = createEvaluator([denyServer]);
    expect(evaluator.judge(connect({ source: node, destination: createExternalEnd('203.0.113.1') }))).toBeUndefined();
    catalogue.isKnown = false;
    expect(evaluator.judge(connect())).toBeUndefined();
  });

  test('by the policies and labels of its own time', () => {
    const { evaluator, catalogue } = createEvaluator([denyServer]);
    const byTeam = { ...ofServer, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'new' } } }] }] };
    const first = evaluator.judge(connect());
    catalogue.tell([policyObject('b', byTeam)], NAMESPACES, TIME_MS + 1_000);
    catalogue.tell([policyObject('b', byTeam)], { shop: { team: 'new' } }, TIME_MS + 2_000);
    const at = (afterMs: number) => evaluator.judge(connect({ record: { startNs: (TIME_MS + afterMs) * 1e6 } }));
    expect([500, 1_500, 2_500, 0, 3_000, 1_000].map((ms) => at(ms)?.verdict)).toEqual([
      'denied',
      'denied',
      'allowed',
      'denied',
      'allowed',
      'denied',
    ]);
    expect([at(500)?.policy?.name, at(1_500)?.policy?.name]).toEqual(['deny', 'b']);
    expect(at(500)).toEqual(first);
  });

  test('the same object is given as long as nothing that bears on it changes', () => {
    const { evaluator, catalogue } = createEvaluator([denyServer]);
    const judgement = evaluator.judge(connect());
    expect(evaluator.judge(connect({ sourcePort: 5 }))).toBe(judgement);
    expect(evaluator.judge(connect({ destinationPort: 81 }))).not.toBe(judgement);
    catalogue.revision++;
    expect(evaluator.judge(connect())).toBe(judgement);
    catalogue.tell([], NAMESPACES, TIME_MS);
    expect(evaluator.judge(connect())?.verdict).toBe('allowed');
  });

  test('labels of the source’s namespace bear on it', () => {
    const byTeam = policyObject('a', {
      ...ofServer,
      ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'x' } } }] }],
    });
    const { evaluator, catalogue } = createEvaluator([byTeam]);
    const source = podEnd('teller', {}, { namespaceName: 'bank' });
    expect(evaluator.judge(connect({ source }))?.verdict).toBe('denied');
    catalogue.tell([byTeam], { ...NAMESPACES, bank: { team: 'x' } }, TIME_MS - 1);
    expect(evaluator.judge(connect({ source }))?.verdict).toBe('allowed');
  });

  test('whatever the port, where no policy selects', () => {
    const { evaluator } = createEvaluator([]);
    expect(evaluator.judge(connect())).toBe(evaluator.judge(connect({ destinationPort: 81 })));
  });
});

describe('who began it', () => {
  const guessed: ConnectionChanges = { record: { ...UDP_FACTS, protocolNumber: 6, initiator: 'guess' } };

  test('a guess does not deny what the other way would allow', () => {
    const { evaluator } = createEvaluator([denyServer]);
    const judgement = evaluator.judge(connect(guessed));
    expect([judgement?.verdict, judgement?.deciding?.cause]).toEqual(['unknown', 'facts_missing']);
    expect(judgement?.why).toContain('which end began it is not known');
    expect(evaluator.judge(connect(guessed))).toBe(judgement);
    expect(evaluator.judge(connect())?.verdict).toBe('denied');
  });

  test('it does where the other way is denied too', () => {
    const { evaluator } = createEvaluator([policyObject('all', { policyTypes: ['Ingress', 'Egress'] })]);
    expect(evaluator.judge(connect(guessed))?.verdict).toBe('denied');
  });

  test('who sent the first of what nobody answered is no guess', () => {
    const { evaluator } = createEvaluator([denyServer]);
    const unanswered = connect({ ...guessed, record: { ...guessed.record, reversePackets: 0 } });
    expect(evaluator.judge(unanswered)?.verdict).toBe('denied');
    expect(evaluator.judge({ ...unanswered, flowsBegun: 0 })?.verdict).toBe('unknown');
  });
});

describe('a translated source', () => {
  const masqueraded = connect({ translatedSourceAddress: node.address, translatedSourcePort: 1_024 });
  const byBlock = (cidr: string) =>
    policyObject('a', { ...ofServer, ingress: [{ from: [{ ipBlock: { cidr } }, { podSelector: {} }] }] });

  test('is judged by both of its addresses', () => {
    expect(createEvaluator([byBlock('192.0.2.0/24')]).evaluator.judge(masqueraded)?.verdict).toBe('allowed');
    const judgement = createEvaluator([byBlock('198.51.100.0/24')]).evaluator.judge(masqueraded);
    expect([judgement?.verdict, judgement?.deciding?.direction]).toEqual(['unknown', 'ingress']);
    expect(judgement?.why).toContain('translated');
    expect(createEvaluator([denyServer]).evaluator.judge(masqueraded)?.verdict).toBe('denied');
  });

  test('leaves what the egress policies say', () => {
    const denyOut = policyObject('out', { podSelector: { matchLabels: { app: 'client' } }, policyTypes: ['Egress'] });
    const judgement = createEvaluator([denyOut, byBlock('198.51.100.0/24')]).evaluator.judge(masqueraded);
    expect([judgement?.verdict, judgement?.ingress.verdict]).toEqual(['denied', 'unknown']);
    expect(judgement?.why).toBe('NetworkPolicy shop/out selects shop/client for egress; it has no egress rules');
  });

  test('matters only to ingress, where policies have a say', () => {
    const denyOut = policyObject('out', { policyTypes: ['Egress'] });
    expect(createEvaluator([denyOut]).evaluator.judge(masqueraded)?.verdict).toBe('denied');
    expect(createEvaluator([]).evaluator.judge(masqueraded)?.verdict).toBe('allowed');
  });

  test('of which nothing can be told makes it unknown', () => {
    const { catalogue } = createEvaluator([denyServer]);
    expect(new PolicyEvaluator({ catalogue }).judge(masqueraded)?.verdict).toBe('unknown');
  });
});

describe('what is remembered', () => {
  test('is what is in use', () => {
    const { catalogue } = createEvaluator([denyServer]);
    const evaluator = new PolicyEvaluator({ catalogue, maxJudgements: 100 });
    const pods = Array.from({ length: 40 }, (_, i) => podEnd(`pod-${i}`));
    const judgeAll = () => pods.map((pod) => evaluator.evaluate(pod, server, 6, 80, TIME_MS));
    const first = judgeAll();
    for (const [i, judgement] of judgeAll().entries()) expect(judgement).toBe(first[i]);
  });

  test('is bounded, and not slowed by a scan of all ports', () => {
    const { catalogue } = createEvaluator([policyObject('a', { ...ofServer, ingress: [{ ports: [{ port: 80 }] }] })]);
    const evaluator = new PolicyEvaluator({ catalogue, maxJudgements: 10 });
    const scan = () => {
      for (let port = 1; port < 65_536; port++)
        if (evaluator.evaluate(client, server, 6, port, TIME_MS).verdict === 'allowed') return port;
    };
    const startMs = performance.now();
    expect(Array.from({ length: 500 }, scan)).toEqual(Array.from({ length: 500 }, () => 80));
    const ports = Array.from(
      { length: 65_535 },
      (_, i) => evaluator.evaluate(client, server, 6, i + 1, TIME_MS).verdict,
    );
    expect(ports.filter((verdict) => verdict === 'allowed')).toHaveLength(1);
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });
});
