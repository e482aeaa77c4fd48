import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { readBoundedLines } from '../../../src/roles/explain/bounded-lines.ts';
import { explainBatch, explainLine } from '../../../src/roles/explain/explain-batch.ts';
import { NGINX_CASE, pod, policy } from '../../support/nginx-case.ts';

const SIGNAL = new AbortController().signal;
const DENIED = { objects: NGINX_CASE, from: 'default/accessfalse', to: 'default/nginx', port: 80, protocol: 'TCP' };

async function answer(...lines: readonly (string | object)[]): Promise<readonly Record<string, unknown>[]> {
  const output = new PassThrough();
  const written = text(output);
  const input = Readable.from([
    Buffer.from(lines.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join('\n')),
  ]);
  await explainBatch(input, output, SIGNAL);
  output.end();
  const told = (await written).split('\n');
  expect(told.pop()).toBe('');
  return told.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a batch', () => {
  test('is answered line by line, in order, in the shape of --json', async () => {
    const told = await answer(DENIED, { ...DENIED, from: 'default/accesstrue' }, '', { ...DENIED, protocol: 'UDP' });
    expect(told.map(({ verdict }) => verdict)).toEqual(['denied', 'allowed', 'unknown']);
    expect(told[0]).toMatchObject({
      cause: 'no_rule_for_peer',
      likelyCause: expect.stringContaining('access=true'),
      egress: { verdict: 'allowed' },
      ingress: { selecting: ['default/access-nginx'] },
      service: { name: 'nginx' },
      backends: [{ verdict: 'denied' }],
      policyEndpoints: [],
      observed: null,
    });
    expect(told[2]).toEqual({ verdict: 'unknown', error: expect.stringContaining('has no port 80/UDP') });
  });

  test.each([
    ['nonsense', 'the line is no JSON'],
    ['[]', 'the line is no JSON object'],
    ['null', 'the line is no JSON object'],
    [{ ...DENIED, objects: undefined }, 'objects is missing'],
    [{ ...DENIED, objects: 'pods' }, 'is no object'],
    [{ ...DENIED, from: 5 }, 'from 5 is no text'],
    [{ ...DENIED, to: undefined }, 'to is missing'],
    [{ ...DENIED, port: 70_000 }, 'port 70000 is no whole number from 1 to 65535'],
    [{ ...DENIED, port: 'http' }, 'port "http" is no whole number'],
    [{ ...DENIED, protocol: 'icmp' }, 'protocol "icmp" is none of tcp, udp, sctp'],
    [{ ...DENIED, from: 'default/nobody' }, 'there is no pod, Service or workload default/nobody'],
  ])('goes on behind a line that is wrong: %j', async (line, error) => {
    const told = await answer(line, DENIED);
    expect(told[0]).toEqual({ verdict: 'unknown', error: expect.stringContaining(error) });
    expect(told[1]).toMatchObject({ verdict: 'denied' });
  });

  test.each([
    [
      { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/40' } }] }] },
      'spec.ingress[0].from[0].ipBlock.cidr',
    ],
    [{ podSelector: {}, policyTypes: ['Sideways'] }, 'spec.policyTypes'],
    [{ podSelector: {}, ingress: [{ ports: [{ port: 90, endPort: 80 }] }] }, 'spec.ingress[0].ports[0].endPort'],
    [
      { podSelector: { matchExpressions: [{ key: 'a', operator: 'Like', values: ['b'] }] } },
      'spec.podSelector.matchExpressions[0]',
    ],
    [
      { podSelector: {}, egress: [{ to: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }] },
      'spec.egress[0].to[0]',
    ],
  ])('a policy that cannot be read judges nothing, and is named with its field: %j', async (spec, field) => {
    const [told] = await answer({ ...DENIED, objects: [...NGINX_CASE, policy('odd', spec)] });
    expect(told).toEqual({ verdict: 'unknown', error: expect.stringContaining(`NetworkPolicy default/odd: ${field}`) });
  });

  test('takes objects as an array, as a list of kubectl, and one alone', async () => {
    const list = { apiVersion: 'v1', kind: 'List', items: NGINX_CASE };
    const pods = { apiVersion: 'v1', kind: 'PodList', items: [pod('accessfalse', '10.0.2.21', {})] };
    const told = await answer(
      { ...DENIED, objects: list },
      { ...DENIED, objects: [list] },
      { objects: pods, from: 'default/accessfalse', to: '203.0.113.9', port: '443' },
    );
    expect(told.map(({ verdict }) => verdict)).toEqual(['denied', 'denied', 'allowed']);
  });

  test('takes pods as they are written: without status, address, node or a namespace that is listed', async () => {
    const bare = (name: string, namespace: string, labels: object) => ({
      kind: 'Pod',
      metadata: { name, namespace, labels },
    });
    const objects = [
      bare('a', 'one', { role: 'client' }),
      bare('b', 'two', {}),
      policy(
        'in',
        {
          podSelector: {},
          ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { role: 'client' } } }] }],
        },
        'two',
      ),
      policy(
        'labelled',
        { podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'x' } } }] }] },
        'one',
      ),
    ];
    const told = await answer(
      { objects, from: 'one/a', to: 'two/b', port: 80 },
      { objects, from: 'two/b', to: 'one/a', port: 80 },
      { objects: objects.slice(0, 2).concat(objects.slice(3)), from: 'one/a', to: 'two/b', port: 80 },
    );
    expect(told.map(({ verdict, cause }) => [verdict, cause])).toEqual([
      ['allowed', 'rule_matched'],
      ['unknown', 'facts_missing'],
      ['allowed', 'not_isolated'],
    ]);
  });

  test('goes on behind a line that nests too deep', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const told = await answer(`{"objects":${deep},"from":"a/b","to":"a/c","port":80}`, DENIED);
    expect(told.map(({ verdict, error }) => [verdict, typeof error])).toEqual([
      ['unknown', 'string'],
      ['denied', 'undefined'],
    ]);
  });

  test('ends when it is told to', async () => {
    const ending = new AbortController();
    const input = new PassThrough();
    const done = explainBatch(input, new PassThrough(), ending.signal);
    input.write(`${JSON.stringify(DENIED)}\n`);
    ending.abort();
    await done;
    expect(input.destroyed).toBe(true);
  });
});

describe('lines', () => {
  test.each([
    [
      ['a\nb', 'c\n\nd'],
      ['a', 'bc', '', 'd'],
    ],
    [['a\n'], ['a']],
    [[], []],
    [['0123456789\nab\n0123456789'], [undefined, 'ab', undefined]],
    [
      ['01234', '56789', '\nab', 'cd\n'],
      [undefined, 'abcd'],
    ],
  ])('of %j are cut, and those too long left out', async (chunks, lines) => {
    const read = [];
    for await (const line of readBoundedLines(Readable.from(chunks.map((each) => Buffer.from(each))), 8))
      read.push(line);
    expect(read).toEqual(lines);
  });

  test('that are too long are told', () => {
    expect(explainLine(undefined)).toEqual({ verdict: 'unknown', error: 'the line is longer than 67108864 bytes' });
  });
});
