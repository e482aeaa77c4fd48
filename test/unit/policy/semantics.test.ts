import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { IP_PROTOCOL } from '../../../src/model/ip-protocol.ts';
import { judgeBy, podEnd, policyObject } from '../../support/policy/policy-objects.ts';
import { createEnd } from '../../support/sample-ends.ts';
import { ROOT } from '../../support/source-files.ts';

const { udp, sctp } = IP_PROTOCOL;
const client = podEnd('client', { app: 'client' });
const server = podEnd('server', { app: 'server' });
const outside = createEnd('203.0.113.7', { kind: 'external' });

/** What the policies say of client → server. */
const verdictOf = (spec: object, ...more: readonly object[]): string =>
  judgeBy([policyObject('a', spec), ...more], client, server).verdict;
const ofPeer = (peer: object, from = client): string =>
  judgeBy([policyObject('a', { ingress: [{ from: [peer] }] })], from, server).verdict;
const ofPorts = (ports: readonly object[], port = 80, protocolNumber: number = IP_PROTOCOL.tcp, to = server): string =>
  judgeBy([policyObject('a', { ingress: [{ ports }] })], client, to, { port, protocolNumber }).verdict;

interface Row {
  readonly name: string;
  readonly spec: object;
  readonly ingress: string;
  readonly egress: string;
}

describe('policyTypes (the truth table)', () => {
  const path = join(ROOT, 'test/fixtures/policy/policy-types.json');
  const { rows } = JSON.parse(readFileSync(path, 'utf8')) as { rows: readonly Row[] };

  test.each(rows)('$name', ({ spec, ingress, egress }) => {
    const policies = [policyObject('a', spec)];
    expect([judgeBy(policies, outside, server).verdict, judgeBy(policies, server, outside).verdict]).toEqual([
      ingress,
      egress,
    ]);
  });
});

describe('who is selected', () => {
  test('pods of the policy’s own namespace, all by an empty selector', () => {
    expect(verdictOf({})).toBe('denied');
    expect(judgeBy([policyObject('a', {}, 'bank')], client, server).ingress.cause).toBe('not_isolated');
  });

  test('by all requirements together', () => {
    const both = { matchLabels: { app: 'server' }, matchExpressions: [{ key: 'tier', operator: 'Exists' }] };
    expect(verdictOf({ podSelector: both })).toBe('allowed');
    expect(verdictOf({ podSelector: { matchLabels: { app: 'server' } } })).toBe('denied');
  });

  test.each([
    [{ key: 'app', operator: 'In', values: ['x', 'client'] }, true],
    [{ key: 'app', operator: 'In', values: ['x'] }, false],
    [{ key: 'tier', operator: 'In', values: ['x'] }, false],
    [{ key: 'app', operator: 'NotIn', values: ['x'] }, true],
    [{ key: 'app', operator: 'NotIn', values: ['client'] }, false],
    [{ key: 'tier', operator: 'NotIn', values: ['x'] }, true],
    [{ key: 'app', operator: 'Exists' }, true],
    [{ key: 'tier', operator: 'Exists' }, false],
    [{ key: 'app', operator: 'DoesNotExist' }, false],
    [{ key: 'tier', operator: 'DoesNotExist' }, true],
    [{ key: 'constructor', operator: 'Exists' }, false],
  ])('%j', (requirement, isMet) => {
    expect(ofPeer({ podSelector: { matchExpressions: [requirement] } })).toBe(isMet ? 'allowed' : 'denied');
  });

  test('an empty value is not an absent label', () => {
    const peer = { podSelector: { matchLabels: { app: '' } } };
    expect(ofPeer(peer, podEnd('bare'))).toBe('denied');
    expect(ofPeer(peer, podEnd('empty', { app: '' }))).toBe('allowed');
  });
});

describe('rules', () => {
  test('isolation is for each direction by itself', () => {
    const { egress, ingress } = judgeBy([policyObject('a', { ingress: [] })], client, server);
    expect([egress.cause, ingress.cause]).toEqual(['not_isolated', 'no_rules']);
  });

  test('add up over all policies, whose order means nothing', () => {
    const allowing = policyObject('b', { ingress: [{ from: [{ podSelector: {} }] }] });
    expect(verdictOf({ ingress: [] })).toBe('denied');
    const judgement = judgeBy([allowing, policyObject('a', {})], client, server);
    expect(judgement.verdict).toBe('allowed');
    expect(judgement.ingress.selecting.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(judgement.ingress.matched).toEqual({ policy: { namespaceName: 'shop', name: 'b' }, ruleIndex: 0 });
  });

  test('both directions must allow; the denying one decides, egress first', () => {
    const policies = [policyObject('in', { ingress: [] }), policyObject('out', { policyTypes: ['Egress'] })];
    const judgement = judgeBy(policies, client, server);
    expect([judgement.verdict, judgement.deciding]).toEqual(['denied', judgement.egress]);
    expect(judgement.policy).toEqual({ namespaceName: 'shop', name: 'out' });
    const opened = judgeBy([...policies, policyObject('open', { egress: [{}], ingress: [] })], client, server);
    expect([opened.verdict, opened.deciding, opened.policy?.name]).toEqual(['denied', opened.ingress, 'in']);
  });

  test('replies are not asked for: only the initiator’s direction is', () => {
    const clientOnlyOut = policyObject('a', {
      podSelector: { matchLabels: { app: 'client' } },
      policyTypes: ['Ingress', 'Egress'],
      egress: [{ to: [{ podSelector: { matchLabels: { app: 'server' } } }] }],
    });
    expect(judgeBy([clientOnlyOut], client, server).verdict).toBe('allowed');
    expect(judgeBy([clientOnlyOut], server, client).verdict).toBe('denied');
  });

  test('need peer and port; empty or missing lists match all', () => {
    expect(verdictOf({ ingress: [{}] })).toBe('allowed');
    expect(verdictOf({ ingress: [{ from: [], ports: [] }] })).toBe('allowed');
    expect(verdictOf({ ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 81 }] }] })).toBe('denied');
    expect(verdictOf({ ingress: [{ from: [{ podSelector: { matchLabels: { x: 'y' } } }] }] })).toBe('denied');
    expect(verdictOf({ ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }] })).toBe('allowed');
  });
});

describe('peers', () => {
  const inBank = podEnd('teller', { app: 'client' }, { namespaceName: 'bank' });
  const money = { matchLabels: { team: 'money' } };
  const clients = { matchLabels: { app: 'client' } };

  test('podSelector alone: pods of the policy’s namespace', () => {
    expect([ofPeer({ podSelector: clients }), ofPeer({ podSelector: clients }, inBank)]).toEqual(['allowed', 'denied']);
  });

  test('namespaceSelector alone: all pods of its namespaces', () => {
    expect([ofPeer({ namespaceSelector: money }), ofPeer({ namespaceSelector: money }, inBank)]).toEqual([
      'denied',
      'allowed',
    ]);
    expect(ofPeer({ namespaceSelector: {} }, inBank)).toBe('allowed');
    expect(ofPeer({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'bank' } } }, inBank)).toBe(
      'allowed',
    );
  });

  test('both in one element: both must hold; two elements: either', () => {
    const others = { matchLabels: { app: 'other' } };
    expect(ofPeer({ namespaceSelector: money, podSelector: others }, inBank)).toBe('denied');
    expect(ofPeer({ namespaceSelector: money, podSelector: clients }, inBank)).toBe('allowed');
    const either = [{ namespaceSelector: money }, { podSelector: others }];
    expect(judgeBy([policyObject('a', { ingress: [{ from: either }] })], inBank, server).verdict).toBe('allowed');
  });

  test.each([
    ['10.1.0.0/24', [], '10.1.0.5', true],
    ['10.1.0.0/24', [], '10.1.1.5', false],
    ['10.1.0.0/24', ['10.1.0.4/30'], '10.1.0.5', false],
    ['10.1.0.0/24', ['10.1.0.4/30'], '10.1.0.8', true],
    ['10.1.0.5/32', [], '10.1.0.5', true],
    ['0.0.0.0/0', [], '203.0.113.7', true],
    ['0.0.0.0/0', [], 'fd00::1', false],
    ['10.1.0.128/25', [], '10.1.0.127', false],
    ['::/0', [], '10.1.0.5', false],
    ['fd00::/64', ['fd00::8/125'], 'fd00::7', true],
    ['fd00::/64', ['fd00::8/125'], 'fd00::f', false],
    ['::ffff:10.1.0.0/120', [], '10.1.0.5', true],
    ['10.1.0.0/24', [], '::ffff:10.1.0.5', true],
  ])('ipBlock %s without %j has %s: %s', (cidr, except, address, isIn) => {
    const expected = isIn ? 'allowed' : 'denied';
    expect(ofPeer({ ipBlock: { cidr, except } }, createEnd(address, { kind: 'external' }))).toBe(expected);
    // Pods are matched by their addresses too.
    expect(ofPeer({ ipBlock: { cidr, except } }, podEnd('client', {}, { address }))).toBe(expected);
  });

  test('no selector means what is outside the cluster', () => {
    expect(ofPeer({ namespaceSelector: {} }, outside)).toBe('denied');
    expect(judgeBy([policyObject('a', { ingress: [{}] })], outside, server).egress.cause).toBe('not_a_pod');
  });
});

describe('ports', () => {
  const named = podEnd(
    'named',
    {},
    {
      namedPorts: [
        { name: 'http', protocolNumber: 6, port: 8080 },
        { name: 'http', protocolNumber: 17, port: 9090 },
        { name: 'http', protocolNumber: 6, port: 8081 },
      ],
    },
  );

  test('protocol is TCP unless told', () => {
    expect([ofPorts([{ port: 80 }]), ofPorts([{ port: 80 }], 80, udp)]).toEqual(['allowed', 'denied']);
    expect(ofPorts([{ port: 80, protocol: 'SCTP' }], 80, sctp)).toBe('allowed');
  });

  test('without a port, all of the protocol', () => {
    expect([ofPorts([{ protocol: 'UDP' }], 5, udp), ofPorts([{ protocol: 'UDP' }])]).toEqual(['allowed', 'denied']);
  });

  test('a range has both its ends', () => {
    const range = [{ port: 80, endPort: 90 }];
    expect([79, 80, 90, 91].map((port) => ofPorts(range, port))).toEqual(['denied', 'allowed', 'allowed', 'denied']);
  });

  test('names are those of the destination’s containers, each for its protocol', () => {
    const ports = [{ port: 'http' }];
    expect([8080, 8081, 9090].map((port) => ofPorts(ports, port, 6, named))).toEqual(['allowed', 'allowed', 'denied']);
    expect(ofPorts([{ port: 'http', protocol: 'UDP' }], 9090, udp, named)).toBe('allowed');
    const egress = policyObject('a', { policyTypes: ['Egress'], egress: [{ ports }] });
    expect(judgeBy([egress], client, named, { port: 8080 }).verdict).toBe('allowed');
    // The source's own names mean nothing.
    expect(judgeBy([egress], named, server, { port: 8080 }).verdict).toBe('denied');
    expect(judgeBy([egress], client, outside, { port: 8080 }).verdict).toBe('denied');
  });
});

describe('what no policy can forbid', () => {
  const denyAll = [policyObject('deny', { policyTypes: ['Ingress', 'Egress'] })];

  test('a pod and itself, by any of its addresses', () => {
    const { verdict, egress, ingress } = judgeBy(denyAll, server, { ...server, address: 'fd00::9' });
    expect([verdict, egress.cause, ingress.cause]).toEqual(['allowed', 'own_pod', 'own_pod']);
  });

  test('not a pod of the same name in another namespace', () => {
    const [here, there] = ['shop', 'bank'].map((namespaceName) =>
      podEnd('web', {}, { namespaceName, podUid: undefined }),
    );
    expect(judgeBy(denyAll, there!, here!).verdict).toBe('denied');
  });

  test('a pod and its own node, both ways; other nodes are addresses', () => {
    const own = createEnd('192.0.2.1', { kind: 'node', nodeName: server.nodeName });
    const other = createEnd('192.0.2.2', { kind: 'node', nodeName: 'other' });
    expect(judgeBy(denyAll, own, server).ingress.cause).toBe('own_node');
    expect(judgeBy(denyAll, server, own).egress.cause).toBe('own_node');
    expect(judgeBy(denyAll, other, server).verdict).toBe('denied');
    const byBlock = [policyObject('a', { ingress: [{ from: [{ ipBlock: { cidr: '192.0.2.2/32' } }] }] })];
    expect(judgeBy(byBlock, other, server).verdict).toBe('allowed');
  });

  test('an address that the own node’s hostNetwork pods share', () => {
    const shared = createEnd('192.0.2.1', { kind: 'ambiguous', nodeName: server.nodeName, candidateCount: 3 });
    expect(judgeBy(denyAll, shared, server).verdict).toBe('allowed');
  });
});
