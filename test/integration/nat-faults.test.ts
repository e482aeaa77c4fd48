import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import type { FloodResult } from '../support/load.ts';
import { judgeLoad, type Judgement } from '../support/nat/judge-load.ts';
import { ObservedNode } from '../support/nat/observed-node.ts';
import type { RecordTranslation } from '../support/nat/record-translation.ts';
import { LOAD_CLIENT, LOAD_PODS, LOAD_SERVERS, ServiceLoad } from '../support/nat/service-load.ts';
import { toDeliveredText, toObservedText, toTupleText } from '../support/nat/tuple-text.ts';
import { describeWithRights } from '../support/requirements.ts';
import { FLOOD_PORT } from '../support/service-network/cluster-services.ts';
import { NETWORK_TOOLS, ServiceNetwork } from '../support/service-network/service-network.ts';
import { waitFor } from '../support/wait-for.ts';

const FLOWS_PER_SECOND = 3_000;
const HOUR_MS = 3_600_000;

describeWithRights('NAT under faults', [...NETWORK_TOOLS, 'conntrack', 'cc'], () => {
  let network: ServiceNetwork;
  let load: ServiceLoad;
  let node: ObservedNode;
  const wallClock = Date.now;

  async function observe(receiveBufferBytes?: number): Promise<RecordTranslation> {
    const mirror = { source: 'netlink', ...(receiveBufferBytes !== undefined && { receiveBufferBytes }) } as const;
    node = await ObservedNode.start(network, 'node-a', LOAD_PODS, [mirror]);
    return node.translation('netlink');
  }

  /** Records of the flood, judged by what its servers saw. */
  function judgeFlood(records: readonly FlowRecord[], atAnyTime = false): Judgement {
    const ofFlood = records.filter(({ destinationPort }) => destinationPort === FLOOD_PORT);
    return judgeLoad(
      ofFlood,
      LOAD_SERVERS.flatMap((name) => node.untranslated(name)),
      atAnyTime,
    );
  }

  /** Every packet of the flood is in a record, and every record names the backend that took it. */
  function expectAllRight(judgement: Judgement, { sent }: FloodResult): void {
    expect(judgement.wrong).toEqual([]);
    expect(judgement).toMatchObject({ frames: sent, unresolved: 0, right: judgement.records });
    expect(sent).toBeGreaterThan(FLOWS_PER_SECOND);
  }

  /** The connection that stays answered all along, and all its records name its backend. */
  function expectKept(translation: RecordTranslation): void {
    const { client, to, seen } = load.kept;
    const kept = toTupleText(client, to);
    const records = translation.records(LOAD_CLIENT).filter((record) => toObservedText(record) === kept);
    expect(records.length).toBeGreaterThan(2);
    expect(load.unanswered).toBe(0);
    expect(seen).toBeDefined();
    const delivered = seen === undefined ? '' : toTupleText(seen.peer, seen.local);
    expect(new Set(records.map(toDeliveredText))).toEqual(new Set([delivered]));
  }

  beforeAll(async () => {
    network = await ServiceNetwork.create('nftables');
  });

  beforeEach(async () => {
    network.nodes['node-a'].run('conntrack', '-F');
    load = await ServiceLoad.start(network);
  });

  afterEach(async () => {
    Date.now = wallClock;
    await load.close();
    await node.close();
  });

  afterAll(() => network.close());

  test('conntrack flushed under load: each record names a backend that took its packets', async () => {
    const translation = await observe();
    const flooding = load.flood(FLOWS_PER_SECOND, 4, 2);
    for (let i = 0; i < 3; i++) {
      await delay(900);
      // Answers to what was sent before would find no way back.
      await load.whileQuiet(() => network.nodes['node-a'].run('conntrack', '-F'));
    }
    const flood = await flooding;
    await node.finish();
    expect(translation.mirror.counters()).toMatchObject({ overruns: 0, isSynchronised: true, malformedMessages: 0 });
    // Thousands of events at once may take longer than the translation of a record waits for them.
    const meanwhile = judgeFlood(translation.records(LOAD_CLIENT));
    expect(meanwhile.wrong).toEqual([]);
    expect(meanwhile.unresolved).toBeLessThan(meanwhile.records / 50);
    expectAllRight(judgeFlood(translation.translate(node.untranslated(LOAD_CLIENT))), flood);
    expectKept(translation);
  }, 30_000);

  test('events lost by a buffer that is too small: noticed, and all is resolved afterwards', async () => {
    const translation = await observe(4_096);
    const flood = await load.flood(FLOWS_PER_SECOND, 4);
    await waitFor('the mirror to be synchronised', () => translation.mirror.counters().isSynchronised);
    await node.finish();
    const { overruns, dumpsByReason } = translation.mirror.counters();
    const meanwhile = judgeFlood(translation.records(LOAD_CLIENT));
    console.info(
      JSON.stringify({ overruns, dumpsByReason, meanwhile: { ...meanwhile, wrong: meanwhile.wrong.length } }),
    );
    expect(overruns).toBeGreaterThan(0);
    expect(dumpsByReason.overrun).toBeGreaterThan(0);
    expect(meanwhile.wrong).toEqual([]);
    expectAllRight(judgeFlood(translation.translate(node.untranslated(LOAD_CLIENT))), flood);
  }, 30_000);

  test('the mirror begins anew under load: what was there before resolves, and what waited meanwhile', async () => {
    const translation = await observe();
    const flooding = load.flood(FLOWS_PER_SECOND, 4);
    await delay(1_200);
    await translation.down();
    await delay(1_500);
    const before = translation.records(LOAD_CLIENT).length;
    await translation.up();
    const waited = translation.records(LOAD_CLIENT).length - before;
    const flood = await flooding;
    await node.finish();
    expect(waited).toBeGreaterThan(FLOWS_PER_SECOND / 2);
    expectAllRight(judgeFlood(translation.records(LOAD_CLIENT)), flood);
    expectKept(translation);
  }, 30_000);

  test.each([
    ['forward', HOUR_MS],
    ['back', -HOUR_MS],
  ])(
    'the wall clock is set %s by an hour under load',
    async (_, stepMs) => {
      const translation = await observe();
      const flooding = load.flood(FLOWS_PER_SECOND, 3);
      // Not while a capture is being drained: what is then under way is the next test's.
      await delay(1_500 - (Date.now() % 1_000));
      Date.now = () => wallClock() + stepMs;
      const flood = await flooding;
      await node.finish();
      expectAllRight(judgeFlood(translation.records(LOAD_CLIENT), true), flood);
      expectKept(translation);
    },
    30_000,
  );

  test.each([
    ['forward', HOUR_MS],
    ['back', -HOUR_MS],
  ])(
    'records that waited while the clock was set %s by an hour are told right or not at all',
    async (_, stepMs) => {
      const translation = await observe();
      const flood = await load.flood(FLOWS_PER_SECOND, 2);
      await node.finish();
      Date.now = () => wallClock() + stepMs;
      const judgement = judgeFlood(translation.translate(node.untranslated(LOAD_CLIENT)));
      console.info(JSON.stringify({ stepMs, ...judgement, wrong: judgement.wrong.length }));
      expect(judgement.wrong).toEqual([]);
      expect(judgement.frames).toBe(flood.sent);
    },
    30_000,
  );
});
