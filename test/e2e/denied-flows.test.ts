import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { validateEcsDocument } from '../support/ecs-validator.ts';
import { describeWithRights } from '../support/requirements.ts';
import { ROOT } from '../support/source-files.ts';
import { COLLECTOR } from './collector/start-collector.ts';
import { countDropped, enforcePolicies } from './denied/enforce-policies.ts';
import { writeHastyRules } from './denied/hasty-rules.ts';
import {
  applyPolicies,
  dialNginx,
  NAMESPACE,
  setLabel,
  startNginxCase,
  type Attempt,
  type Client,
} from './denied/nginx-case.ts';
import { ELASTICSEARCH_TOOLS, installElasticsearch } from './elasticsearch/install-elasticsearch.ts';
import { readDocuments, textOf, type FlowDocument } from './journey/flow-document.ts';
import { startServers, type Servers } from './journey/start-servers.ts';
import { CLUSTER_REQUIREMENTS, startCluster, type Cluster } from './kubernetes/start-cluster.ts';

const REQUIREMENTS = [...CLUSTER_REQUIREMENTS, 'nft', COLLECTOR, 'prometheus', ...ELASTICSEARCH_TOOLS];
const OTLP_PORT = 4318;
const INTERVAL_MS = 5_000;
const START_MS = 300_000;
const TEST_MS = 120_000;
const STOP_MS = 60_000;
const POLL_MS = 100;
/** From the first SYN of an attempt to the document that a search finds. */
const PROMISED_MS = 10_000;
/** For an alert to begin or to end: the window of its rule, an interval, what joins and scrapes take. */
const ALERT_MS = 40_000;
/** Longer than `--policy-settle`: enforcement takes its time. */
const SETTLED_MS = 6_000;

describeWithRights('a pod that a policy keeps out', REQUIREMENTS, () => {
  const stops: (() => unknown)[] = [];
  let cluster: Cluster;
  let servers: Servers;

  beforeAll(async () => {
    await installElasticsearch();
    const folder = await mkdtemp(join(tmpdir(), 'podflow-denied-'));
    stops.push(() => rm(folder, { recursive: true, force: true }));
    cluster = await startCluster({ nodes: 2 });
    stops.push(() => cluster.stop());
    stops.push(cluster.enter());
    const options = { enrichFlags: { interval: '5s' }, rulePaths: [await writeHastyRules(folder)] };
    servers = await startServers(cluster, OTLP_PORT, (stop) => stops.push(stop), options);
    await startNginxCase(cluster, `http://${cluster.address}:${OTLP_PORT}`, '5s');
  }, START_MS);

  afterAll(async () => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  }, STOP_MS);

  test(
    'is found out while nobody enforces the policy',
    async () => {
      await applyPolicies(cluster);
      await delay(SETTLED_MS);
      const attempts = await dialAtIntervalStart('accessfalse', 3);
      expect(attempts.map(({ outcome }) => outcome)).toEqual(['connected', 'connected', 'connected']);
      const [found] = await findDocuments('accessfalse', attempts);
      expect(fieldsOf(found)).toMatchObject({
        'event.outcome': 'success',
        'podflow.verdict': 'forwarded',
        'podflow.finding': 'unexpectedly_allowed',
        'podflow.policy.verdict': 'denied',
        'podflow.policy.name': 'access-nginx',
      });
      await untilAlert('PodflowUnexpectedlyAllowed', 'accessfalse', true);
    },
    TEST_MS,
  );

  test.each(['accessfalse', 'accessfalse-near'] as const)(
    'is found within 10 s of its first SYN, with reason, policy and both pods: %s',
    async (client) => {
      await enforcePolicies(cluster);
      const before = await countDropped(cluster);
      const attempts = await dialAtIntervalStart(client, 1);
      expect(attempts.map(({ outcome }) => outcome)).toEqual(['silence']);
      const [found] = await findDocuments(client, attempts);
      const foundAfterMs = Date.now() - (attempts[0]?.atMs ?? NaN);
      process.stderr.write(`${JSON.stringify({ client, firstSynToDocumentFoundMs: foundAfterMs })}\n`);
      expect(foundAfterMs).toBeLessThan(PROMISED_MS);
      expect(await countDropped(cluster)).toBeGreaterThan(before);
      expect(fieldsOf(found)).toMatchObject({
        'source.kubernetes.namespace': NAMESPACE,
        'source.kubernetes.pod.name': client,
        'destination.kubernetes.pod.name': 'nginx-0',
        'destination.kubernetes.service.name': 'nginx',
        'destination.port': 8080,
        'event.outcome': 'failure',
        'event.reason': expect.stringContaining('access=true'),
        'rule.name': 'access-nginx',
        'rule.ruleset': NAMESPACE,
        'podflow.finding': 'denied',
        'podflow.policy.direction': 'ingress',
        'podflow.drop.reason': 'netfilter_drop',
        'podflow.evidence.source': ['kernel'],
        'podflow.evidence.detail': ['NETFILTER_DROP'],
        'podflow.evidence.node': ['pfn1'],
      });
      expect(found?.fields.get('event.type')).toContain('denied');
      expect(validateEcsDocument(found?.source ?? {})).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'raises the alert',
    async () => {
      const firing = untilAlert('PodflowPolicyDenied', 'accessfalse', true);
      const [attempts] = await Promise.all([dialAtIntervalStart('accessfalse', 5), firing]);
      expect(attempts.map(({ outcome }) => outcome)).toEqual(Array(5).fill('silence'));
      const [alert] = await servers.prometheus.query('ALERTS{alertname="PodflowPolicyDenied",alertstate="firing"}');
      expect(alert?.labels).toMatchObject({
        src_namespace: NAMESPACE,
        policy: 'access-nginx',
        policy_namespace: NAMESPACE,
      });
    },
    TEST_MS,
  );

  test(
    'is told which label it lacks',
    async () => {
      const text = await explain(['--from', `${NAMESPACE}/accessfalse`, '--to', `${NAMESPACE}/nginx`, '--port', '80']);
      process.stderr.write(text);
      expect(text).toContain('access=true');
      expect(text).toContain('access-nginx');
      expect(await explainVerdict('accessfalse')).toBe('denied');
      expect(await explainVerdict('accesstrue')).toBe('allowed');
      expect(await explain(['--denied'])).toContain('accessfalse');
    },
    TEST_MS,
  );

  test(
    'leaves the allowed pod alone',
    async () => {
      const attempts = await dialAtIntervalStart('accesstrue', 3);
      expect(attempts.map(({ outcome }) => outcome)).toEqual(['connected', 'connected', 'connected']);
      for (const document of await findDocuments('accesstrue', attempts)) expect(isCleared(document)).toBe(true);
    },
    TEST_MS,
  );

  test(
    'is let in with the label, and all three clear',
    async () => {
      await setLabel(cluster, 'accessfalse', 'access=true');
      await enforcePolicies(cluster);
      await delay(SETTLED_MS);
      const attempts = await dialAtIntervalStart('accessfalse', 3);
      expect(attempts.map(({ outcome }) => outcome)).toEqual(['connected', 'connected', 'connected']);
      for (const document of await findDocuments('accessfalse', attempts)) expect(isCleared(document)).toBe(true);
      expect(await explainVerdict('accessfalse')).toBe('allowed');
      await untilAlert('PodflowPolicyDenied', 'accessfalse', false);
    },
    TEST_MS,
  );

  /** So that all of the interval is still to pass. */
  async function dialAtIntervalStart(client: Client, count: number): Promise<readonly Attempt[]> {
    await delay(INTERVAL_MS - (Date.now() % INTERVAL_MS) + POLL_MS);
    return dialNginx(cluster, client, count);
  }

  /** Waits until a search finds a document of each attempt, by the client's port. */
  async function findDocuments(client: Client, attempts: readonly Attempt[]): Promise<FlowDocument[]> {
    const fromMs = (attempts[0]?.atMs ?? 0) - INTERVAL_MS;
    for (const endMs = Date.now() + TEST_MS / 2; ; await delay(POLL_MS)) {
      const found = (await readDocuments(servers.elasticsearch)).filter(
        (each) =>
          textOf(each, 'source.kubernetes.pod.name') === client &&
          textOf(each, 'destination.kubernetes.service.name') === 'nginx' &&
          Date.parse(textOf(each, 'event.start')) > fromMs,
      );
      const isWhole = attempts.every(
        ({ localPort }) =>
          localPort === undefined || found.some((each) => each.fields.get('source.port') === localPort),
      );
      if (isWhole && found.length >= attempts.length) return found;
      if (Date.now() > endMs) throw new Error(`${found.length} of ${attempts.length} attempts of ${client} were found`);
    }
  }

  async function untilAlert(name: string, workload: string, isFiring: boolean): Promise<void> {
    const query = `ALERTS{alertname="${name}",alertstate="firing",src_workload="${workload}"}`;
    for (const endMs = Date.now() + ALERT_MS; ; await delay(POLL_MS)) {
      if ((await servers.prometheus.query(query)).length > 0 === isFiring) return;
      if (Date.now() > endMs) throw new Error(`${name} is ${isFiring ? 'not' : 'still'} firing for ${workload}`);
    }
  }

  async function explain(args: readonly string[]): Promise<string> {
    const api = ['--api-url', `http://${servers.enrich.metricsAddress}`, '--kubeconfig', cluster.kubeconfigPath];
    const argv = [join(ROOT, 'deploy/podflow.sh'), 'explain', ...args, ...api];
    return (await promisify(execFile)('sh', argv)).stdout;
  }

  async function explainVerdict(client: Client): Promise<unknown> {
    const ends = ['--from', `${NAMESPACE}/${client}`, '--to', `${NAMESPACE}/nginx`, '--port', '80'];
    return (JSON.parse(await explain([...ends, '--json'])) as { verdict: unknown }).verdict;
  }
});

function fieldsOf(document: FlowDocument | undefined): Record<string, unknown> {
  return Object.fromEntries(document?.fields ?? []);
}

/** Nothing is left to look at. */
function isCleared({ fields }: FlowDocument): boolean {
  return fields.get('event.outcome') === 'success' && !fields.has('rule.name') && !fields.has('podflow.finding');
}
