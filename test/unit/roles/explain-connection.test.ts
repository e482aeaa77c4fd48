import { describe, expect, test } from '@jest/globals';
import { explainConnection } from '../../../src/roles/explain/explain-connection.ts';
import { toExplanationText } from '../../../src/roles/explain/explanation-text.ts';
import type { Explanation } from '../../../src/roles/explain/explanation.ts';
import { parseQuestion } from '../../../src/roles/explain/question.ts';
import { readCluster } from '../../../src/roles/explain/read-cluster.ts';
import {
  ACCESS_NGINX,
  NGINX_CASE,
  nginxEndpoint,
  pod,
  policy,
  service,
  slice,
  type KubernetesJson,
} from '../../support/nginx-case.ts';

type Answer = Explanation | { readonly problem: string };

function ask(question: Readonly<Record<string, unknown>>, objects: readonly KubernetesJson[] = NGINX_CASE): Answer {
  const read = readCluster(objects);
  const parsed = parseQuestion(question);
  if ('problem' in read) return read;
  if ('problem' in parsed) return parsed;
  const answered = explainConnection(parsed.question, read.cluster);
  return 'problem' in answered ? answered : answered.explanation;
}

function explain(question: Readonly<Record<string, unknown>>, objects?: readonly KubernetesJson[]): Explanation {
  const answer = ask(question, objects);
  if ('problem' in answer) throw new Error(answer.problem);
  return answer;
}

const DENIED = { from: 'default/accessfalse', to: 'default/nginx', port: 80 };
const ALLOWED = { ...DENIED, from: 'default/accesstrue' };

describe('why a pod is blocked', () => {
  test('the denied pod: the policy, and the label that is missing', () => {
    const { verdict, cause, likelyCause, egress, ingress } = explain(DENIED);
    expect({ verdict, cause }).toEqual({ verdict: 'denied', cause: 'no_rule_for_peer' });
    expect(likelyCause).toContain('default/access-nginx');
    expect(likelyCause).toContain('access=true');
    expect(egress).toMatchObject({ verdict: 'allowed', cause: 'not_isolated', selecting: [], matched: null });
    expect(ingress).toMatchObject({
      verdict: 'denied',
      selecting: ['default/access-nginx'],
      matched: null,
      misses: [
        {
          policy: 'default/access-nginx',
          ruleIndex: 0,
          missing: [{ kind: 'pod_label', wanted: 'access=true', has: 'access=false' }],
        },
      ],
    });
  });

  test('the allowed pod: the policy and the rule that admits it', () => {
    const { verdict, ingress } = explain(ALLOWED);
    expect(verdict).toBe('allowed');
    expect(ingress).toMatchObject({
      cause: 'rule_matched',
      matched: {
        policy: 'default/access-nginx',
        ruleIndex: 0,
        admits: 'from pods with access=true of namespace default',
      },
      misses: [],
    });
  });

  test('the text says it at a glance', () => {
    const lines = toExplanationText(explain(DENIED), 0).split('\n');
    expect(lines[0]).toBe('DENIED  default/accessfalse → Service default/nginx port 80/tcp');
    expect(lines[2]).toMatch(/^ {2}NetworkPolicy default\/access-nginx selects .*label access=true/);
    const text = lines.join('\n');
    expect(text).toMatch(/^ingress +denied \(no_rule_for_peer\), selected by default\/access-nginx$/m);
    expect(text).toMatch(/^ +rule 1 of default\/access-nginx, .*: lacks label access=true \(has access=false\)$/m);
    expect(text).toMatch(/^service +default\/nginx 80\/tcp → http: 1 backend$/m);
    expect(text).toMatch(/^ +denied +10\.0\.1\.10:8080 +default\/nginx-6d6c5b8f9-x2x7k$/m);
    expect(text).toMatch(/^observed +not asked/m);
  });

  test('the shape of the answer stays', () => {
    expect(Object.keys(explain(DENIED))).toEqual([
      'verdict',
      'cause',
      'likelyCause',
      'from',
      'to',
      'protocol',
      'port',
      'egress',
      'ingress',
      'policyEndpoints',
      'service',
      'backends',
      'observed',
      'notes',
    ]);
    expect(JSON.parse(JSON.stringify(explain(DENIED)))).toEqual(explain(DENIED));
  });

  test('egress that is not open is told of the source', () => {
    const onlyDns = policy('only-dns', {
      podSelector: { matchLabels: { access: 'true' } },
      policyTypes: ['Egress'],
      egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }],
    });
    const { verdict, cause, egress, ingress } = explain(ALLOWED, [...NGINX_CASE, onlyDns]);
    expect({ verdict, cause, ingress: ingress?.verdict }).toEqual({
      verdict: 'denied',
      cause: 'no_rule_for_port',
      ingress: 'allowed',
    });
    expect(egress?.misses).toMatchObject([
      { policy: 'default/only-dns', missing: [{ kind: 'port', wanted: '53/UDP', has: '8080/TCP' }] },
    ]);
  });

  test('of several rules the nearest comes first', () => {
    const many = policy('access-nginx', {
      podSelector: {},
      ingress: [
        { from: [{ ipBlock: { cidr: '192.168.0.0/16', except: ['192.168.9.0/24'] } }] },
        { from: [{ namespaceSelector: { matchLabels: { team: 'ops' } }, podSelector: { matchLabels: { a: 'b' } } }] },
        { from: [{ podSelector: { matchExpressions: [{ key: 'access', operator: 'In', values: ['true', 'yes'] }] } }] },
      ],
    });
    const { ingress } = explain(DENIED, [...NGINX_CASE.filter((each) => each !== ACCESS_NGINX), many]);
    expect(ingress?.misses.map(({ ruleIndex, missing }) => [ruleIndex, missing])).toEqual([
      [2, [{ kind: 'pod_label', wanted: 'access in (true, yes)', has: 'access=false' }]],
      [0, [{ kind: 'address', wanted: '192.168.0.0/16 except 192.168.9.0/24', has: '10.0.2.21' }]],
      [
        1,
        [
          { kind: 'namespace_label', wanted: 'team=ops', has: null },
          { kind: 'pod_label', wanted: 'a=b', has: null },
        ],
      ],
    ]);
  });
});

describe('the Service', () => {
  const second = pod('nginx-6d6c5b8f9-zzzzz', '10.0.1.11', { app: 'nginx', open: 'yes' });
  const withoutSlice = NGINX_CASE.filter(({ kind }) => kind !== 'EndpointSlice');
  const closed = policy('access-nginx', {
    podSelector: { matchExpressions: [{ key: 'open', operator: 'DoesNotExist' }] },
    policyTypes: ['Ingress'],
  });
  const withClosed = [...withoutSlice.filter((each) => each !== ACCESS_NGINX), closed, second];

  test('is followed to its backends, by its port or by its only one, by name or by address', () => {
    for (const to of ['default/nginx', 'service/default/nginx', 'svc/default/nginx', '10.100.0.10'])
      for (const port of [80, undefined])
        expect(explain({ from: 'default/accesstrue', to, port })).toMatchObject({
          verdict: 'allowed',
          port: 80,
          service: { namespace: 'default', name: 'nginx', port: 80, targetPort: 'http' },
          backends: [{ address: '10.0.1.10', port: 8080, pod: 'default/nginx-6d6c5b8f9-x2x7k', isReady: true }],
        });
  });

  test('whose backends are not treated alike is unknown, each told', () => {
    const objects = [...withClosed, slice('nginx', ['10.0.1.10', '10.0.1.11'], 8080)];
    const { verdict, cause, likelyCause, backends } = explain(DENIED, objects);
    expect({ verdict, cause }).toEqual({ verdict: 'unknown', cause: 'backends_differ' });
    expect(likelyCause).toMatch(/^1 of 2 backends are denied: /);
    expect(backends.map((each) => [each.pod, each.verdict])).toEqual([
      ['default/nginx-6d6c5b8f9-x2x7k', 'denied'],
      ['default/nginx-6d6c5b8f9-zzzzz', 'allowed'],
    ]);
  });

  test('sends nothing to backends that are not ready', () => {
    const objects = [...withClosed, slice('nginx', ['10.0.1.10', '10.0.1.11'], 8080, ['10.0.1.10'])];
    expect(explain(DENIED, objects)).toMatchObject({ verdict: 'allowed', backends: [{ isReady: false }, {}] });
    const noneReady = [...withClosed, slice('nginx', ['10.0.1.11'], 8080, ['10.0.1.11'])];
    expect(explain(DENIED, noneReady).likelyCause).toMatch(
      /^None of the 1 endpoints of Service default\/nginx is ready/,
    );
  });

  test('without endpoints leads nowhere', () => {
    const { verdict, cause, likelyCause, egress } = explain(DENIED, [...withoutSlice, slice('nginx', [], 8080)]);
    expect({ verdict, cause, egress }).toEqual({ verdict: 'unknown', cause: 'no_backends', egress: null });
    expect(likelyCause).toContain('has no endpoint on port 80');
  });

  test('is found by its NodePort at a node', () => {
    const node = {
      ...{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } },
      status: { addresses: [{ type: 'InternalIP', address: '192.168.0.1' }] },
    };
    const ports = [{ port: 80, targetPort: 8080, nodePort: 30_080, protocol: 'TCP' }];
    const objects = [...withoutSlice.filter(({ kind }) => kind !== 'Service'), node, service('nginx', { ports })];
    expect(explain({ from: '203.0.113.9', to: '192.168.0.1', port: 30_080 }, objects)).toMatchObject({
      verdict: 'denied',
      from: { kind: 'external' },
      port: 30_080,
      service: { name: 'nginx', port: 80 },
      backends: [{ port: 8080, pod: 'default/nginx-6d6c5b8f9-x2x7k' }],
      notes: [expect.stringContaining("the server sees the node's address")],
    });
  });
});

describe('what the controller resolved', () => {
  test('agrees', () => {
    const { likelyCause, policyEndpoints } = explain(DENIED, [...NGINX_CASE, nginxEndpoint(['10.0.2.20'])]);
    expect(policyEndpoints).toMatchObject([{ policy: 'default/access-nginx', direction: 'ingress', state: 'agrees' }]);
    expect(likelyCause).toMatch(/; the PolicyEndpoint agrees\.$/);
  });

  test('does not agree yet, with what is allowed and with what is denied', () => {
    const stale = [...NGINX_CASE, nginxEndpoint(['10.0.2.21'])];
    expect(explain(DENIED, stale).likelyCause).toMatch(/; the PolicyEndpoint does not agree \(yet\)\.$/);
    const { verdict, likelyCause } = explain(ALLOWED, stale);
    expect(verdict).toBe('allowed');
    expect(likelyCause).toMatch(/^Policies allow it, but what the cluster's controller made of default\/access-nginx/);
  });
});

describe('names', () => {
  test('of what is not there are told with the nearest ones', () => {
    expect(ask({ ...DENIED, from: 'default/accesfalse' })).toEqual({
      problem: 'from: there is no pod, Service or workload default/accesfalse (did you mean default/accessfalse?)',
    });
    expect(ask({ ...DENIED, to: 'shop/nginx' })).toEqual({
      problem: 'to: there is no pod, Service or workload shop/nginx (did you mean default/nginx?)',
    });
    expect(ask({ ...DENIED, to: 'pod/default/nginx' })).toEqual({
      problem: 'to: there is no pod default/nginx (did you mean default/nginx-6d6c5b8f9-x2x7k?)',
    });
  });

  test.each([
    ['nginx', 'to: "nginx" is neither NAMESPACE/NAME nor an IP address'],
    ['a/b/c/d', 'to: "a/b/c/d" is neither NAMESPACE/NAME nor an IP address'],
    ['10.0.0.300', 'to: "10.0.0.300" is neither NAMESPACE/NAME nor an IP address'],
  ])('%s is no name', (to, problem) => {
    expect(ask({ ...DENIED, to })).toEqual({ problem });
  });

  test('of both a pod and a Service are the pod’s, and that is said', () => {
    const objects = [...NGINX_CASE, pod('nginx', '10.0.1.99', { app: 'other' })];
    expect(explain(DENIED, objects)).toMatchObject({
      verdict: 'allowed',
      to: { kind: 'pod', address: '10.0.1.99' },
      notes: ['default/nginx is a pod and a Service; this is of the pod (service/default/nginx is the other)'],
    });
    expect(explain({ ...DENIED, to: 'service/default/nginx' }, objects).to.kind).toBe('service');
  });

  test('of a workload are any of its pods’', () => {
    const metadata = (name: string) => ({
      ...{ name, namespace: 'default', labels: { access: 'true' } },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent' }],
    });
    const agents = ['agent-b', 'agent-a'].map((name) => ({ ...pod(name, undefined, {}), metadata: metadata(name) }));
    for (const from of ['default/agent', 'ds/default/agent', 'daemonset/default/agent'])
      expect(explain({ ...DENIED, from }, [...NGINX_CASE, ...agents])).toMatchObject({
        verdict: 'allowed',
        from: { name: 'agent-a', workload: 'DaemonSet default/agent', address: null },
        notes: ['DaemonSet default/agent has 2 pods; this is of default/agent-a'],
      });
    expect(ask({ ...DENIED, from: 'deploy/default/agent' }, [...NGINX_CASE, ...agents])).toMatchObject({
      problem: expect.stringContaining('there is no deployment default/agent'),
    });
  });

  test('of a pod that has finished are told with that', () => {
    const done = { ...pod('job-1', undefined, { access: 'true' }), status: { phase: 'Succeeded' } };
    expect(explain({ ...DENIED, from: 'default/job-1' }, [...NGINX_CASE, done]).notes).toEqual([
      'default/job-1 has finished: it has no address any more',
    ]);
  });

  test('a Service begins nothing', () => {
    expect(ask({ ...DENIED, from: 'default/nginx' })).toEqual({
      problem: 'from: default/nginx is a Service, which begins no connections',
    });
  });

  test('addresses are what has them, in whatever form they are written', () => {
    expect(explain({ from: '10.0.2.20', to: '[::ffff:10.0.1.10]', port: 8080 })).toMatchObject({
      verdict: 'allowed',
      from: { kind: 'pod', name: 'accesstrue' },
      to: { kind: 'pod', name: 'nginx-6d6c5b8f9-x2x7k' },
      service: null,
    });
  });
});

describe('ports', () => {
  test('are needed for pods and for Services with several', () => {
    expect(ask({ from: '10.0.2.20', to: '10.0.1.10' })).toEqual({ problem: 'port: is needed for 10.0.1.10' });
    const ports = [
      { name: 'web', port: 80, targetPort: 8080 },
      { name: 'admin', port: 81 },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ];
    const objects = [...NGINX_CASE.filter(({ kind }) => kind !== 'Service'), service('nginx', { ports })];
    const known = '80/TCP (web) to 8080, 81/TCP (admin), 53/UDP (dns)';
    expect(ask({ ...DENIED, port: undefined }, objects)).toEqual({
      problem: `port: is needed for Service default/nginx, which has ${known}`,
    });
    expect(ask({ ...DENIED, port: 8080 }, objects)).toEqual({
      problem: `port: Service default/nginx has no port 8080/TCP; it has ${known}`,
    });
  });

  test('an alias of a DNS name has none', () => {
    const alias = { ...service('nginx', { type: 'ExternalName', externalName: 'example.com' }) };
    expect(ask(DENIED, [...NGINX_CASE.filter(({ kind }) => kind !== 'Service'), alias])).toEqual({
      problem: 'port: Service default/nginx is an alias of example.com; ask for its address',
    });
  });
});
