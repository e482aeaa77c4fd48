import { existsSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithRights } from '../support/requirements.ts';
import { CLUSTER_REQUIREMENTS, startCluster, type Cluster } from './kubernetes/start-cluster.ts';
import {
  createNodeDaemonSet,
  createPod,
  createProbeSidecar,
  createWebDeployment,
  createWebService,
} from './kubernetes/workload.ts';

const START_MS = 300_000;
const TEST_MS = 90_000;
/** As many as make it all but certain that each of two backends gets one. */
const REQUESTS = 16;
/** An interval of the records and some. */
const REPORTED_MS = 2500;
const OWN_NAMESPACE = '/proc/thread-self/ns/net';
const OUTPUT = ['--output', 'ndjson', '--interval', '1s'];

interface Answer {
  readonly pod: string;
  readonly local: string;
  readonly remote: string;
  readonly localPort: number;
}

describeWithRights('the test cluster', CLUSTER_REQUIREMENTS, () => {
  let cluster: Cluster;
  let serviceAddress = '';

  beforeAll(async () => {
    cluster = await startCluster({ nodes: 2 });
    await cluster.apply(
      createWebDeployment('web', 2),
      createWebService('web'),
      createPod('client', { nodeName: 'pfn1' }),
      createPod('probed', { sidecars: [createProbeSidecar(OUTPUT)] }),
      createNodeDaemonSet(['--capture', ...OUTPUT]),
    );
    for (const workload of ['deployment/web', 'daemonset/podflow-node'])
      await cluster.kubectl(['rollout', 'status', workload, '--timeout', '60s']);
    await cluster.kubectl(['wait', '--for', 'condition=Ready', 'pod/client', 'pod/probed', '--timeout', '60s']);
    serviceAddress = await cluster.kubectl(['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}']);
  }, START_MS);

  afterAll(async () => {
    await cluster?.stop();
    expect(['pfcp', 'pfn1', 'pfn2'].filter((name) => existsSync(`/run/netns/${name}`))).toEqual([]);
  }, TEST_MS);

  const podAddress = async (pod: string): Promise<string> =>
    cluster.kubectl(['get', 'pod', pod, '-o', 'jsonpath={.status.podIP}']);

  const ask = async (pod: string, count: number): Promise<Answer[]> => {
    const command = ['node', '/app/http-client.mjs', `http://${serviceAddress}/`, String(count)];
    const lines = await cluster.kubectl(['exec', pod, '-c', 'main', '--', ...command]);
    return lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Answer);
  };

  test(
    'spreads a Deployment over both nodes, each in its own pod network',
    async () => {
      const jsonPath = 'jsonpath={range .items[*]}{.spec.nodeName} {.status.podIP}{"\\n"}{end}';
      const pods = (await cluster.kubectl(['get', 'pods', '-l', 'app=web', '-o', jsonPath])).trim().split('\n');
      expect(pods.toSorted()).toEqual([
        expect.stringMatching(/^pfn1 10\.244\.1\.\d+$/),
        expect.stringMatching(/^pfn2 10\.244\.2\.\d+$/),
      ]);
    },
    TEST_MS,
  );

  test(
    'takes a cluster IP to the backends of both nodes, with the client as it is',
    async () => {
      const client = await podAddress('client');
      const answers = await ask('client', REQUESTS);
      expect(new Set(answers.map(({ local }) => local.replace(/\.\d+:/, ':')))).toEqual(
        new Set(['10.244.1:8080', '10.244.2:8080']),
      );
      expect(answers.map(({ remote }) => remote)).toEqual(answers.map(({ localPort }) => `${client}:${localPort}`));
    },
    TEST_MS,
  );

  test(
    'translates in the conntrack table of the client’s node alone',
    async () => {
      const client = await podAddress('client');
      const answer = (await ask('client', REQUESTS)).find(({ local }) => local.startsWith('10.244.2.'));
      const [backend] = answer?.local.split(':') ?? [];
      const find = async (node: number): Promise<string> =>
        cluster.onNode(node, ['conntrack', '-L', '-p', 'tcp', '-s', client, '--sport', String(answer?.localPort)]);
      expect(await find(1)).toMatch(
        new RegExp(`dst=${serviceAddress} .*dport=80 src=${backend} dst=${client} sport=8080`),
      );
      expect(await find(2)).toMatch(new RegExp(`dst=${backend} .*dport=8080 src=${backend} dst=${client} sport=8080`));
    },
    TEST_MS,
  );

  /** The records of ended connections to the Service that a container printed. */
  const readRecords = async (pod: string, container: string): Promise<Record<string, unknown>[]> => {
    const lines = (await cluster.kubectl(['logs', pod, '-c', container])).split('\n');
    const records = lines
      .filter((line) => line.startsWith('{"time_unix_nano"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    return records.filter((each) => each['destination.address'] === serviceAddress && each['flow.event'] === 'end');
  };

  test(
    'runs podflow as a sidecar, which reports the connections that its pod dialled',
    async () => {
      const client = await podAddress('probed');
      const answers = await ask('probed', 3);
      await delay(REPORTED_MS);
      const records = await readRecords('probed', 'probe');
      expect(records).toHaveLength(answers.length);
      const dialled = new Set(records.map((record) => record['source.port']));
      expect(dialled).toEqual(new Set(answers.map(({ localPort }) => localPort)));
      expect(new Set(records.map((record) => record['source.address']))).toEqual(new Set([client]));
      expect(new Set(records.map((record) => record['flow.initiator']))).toEqual(new Set(['syn']));
    },
    TEST_MS,
  );

  test(
    'runs podflow on a node, which reports them translated',
    async () => {
      const client = await podAddress('client');
      const [answer] = await ask('client', 1);
      await delay(REPORTED_MS);
      const where = ['-l', 'app=podflow-node', '--field-selector', 'spec.nodeName=pfn1'];
      const name = await cluster.kubectl(['get', 'pods', ...where, '-o', 'jsonpath={.items[0].metadata.name}']);
      const records = await readRecords(name, 'node');
      expect(records.find((record) => record['source.port'] === answer?.localPort)).toMatchObject({
        'source.address': client,
        'flow.nat.state': 'translated',
        'flow.nat.destination.address': answer?.local.split(':')[0],
        'flow.nat.destination.port': 8080,
      });
    },
    TEST_MS,
  );

  test(
    'lets this process and what it starts into the network of the control plane, and out again',
    async () => {
      const url = `http://${await podAddress('client')}`;
      const refusal = async (): Promise<unknown> =>
        fetch(url, { signal: AbortSignal.timeout(2000) }).then(
          () => 'an answer',
          (error: unknown) => (error as Error & { cause?: { code?: string } }).cause?.code,
        );
      const home = readlinkSync(OWN_NAMESPACE);
      const leave = cluster.enter();
      const inside = await refusal().finally(leave);
      expect(inside).toBe('ECONNREFUSED');
      expect(await refusal()).not.toBe('ECONNREFUSED');
      expect(readlinkSync(OWN_NAMESPACE)).toBe(home);
    },
    TEST_MS,
  );
});
