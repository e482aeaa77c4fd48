import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { traceCommunityId } from '../../src/lib/trace-id.ts';
import { CaseView } from '../support/nat/case-view.ts';
import { createNatCases } from '../support/nat/nat-cases.ts';
import { NatRun, RUN_SOURCES } from '../support/nat/nat-run.ts';
import { RecordTranslation } from '../support/nat/record-translation.ts';
import { toDeliveredText, toOriginalText } from '../support/nat/tuple-text.ts';
import { describeWithRights } from '../support/requirements.ts';
import { NETWORK_TOOLS, type RuleFlavour } from '../support/service-network/service-network.ts';

const FLAVOURS: readonly RuleFlavour[] = ['iptables', 'nftables'];
const FAMILIES = ['ipv4', 'ipv6'] as const;
const TABLE_HEAD =
  '| case | dialled | delivered | original told at the server | client | server |\n|---|---|---|---|---|---|';

describeWithRights('NAT cases', [...NETWORK_TOOLS, 'conntrack', 'ping'], () => {
  describe.each(FLAVOURS)('rules in %s', (flavour) => {
    let run: NatRun;
    const rows: string[] = [];

    beforeAll(async () => {
      run = await NatRun.start(flavour);
    }, 60_000);

    afterAll(async () => {
      console.info([flavour, TABLE_HEAD, ...rows].join('\n'));
      await run.close();
    });

    describe.each(RUN_SOURCES)('connections by %s', (source) => {
      describe.each(FAMILIES)('%s', (family) => {
        test.each(createNatCases(family))('$title', ({ title }) => {
          const view = new CaseView(run, source, family, title);
          if (source === 'netlink') rows.push(view.toRow());
          expectTraffic(view);
          if (view.natCase.client !== undefined) expectClientSide(view);
          if (view.natCase.server !== undefined) expectServerSide(view);
          expectJoined(view);
        });
      });
    });

    test.each(['netlink', 'off'] as const)('no conntrack at all (%s): unresolved, never a guess', async (source) => {
      // Nothing is tracked in the namespace of the router: it has no rules.
      const translation = await RecordTranslation.start(run.network.outside, { source });
      const records = translation.translate(run.untranslated('client'));
      await translation.down();
      expect(records.length).toBeGreaterThan(30);
      expect(new Set(records.map(({ natState }) => natState))).toEqual(new Set(['unresolved']));
      const told = records.flatMap((record) => [
        toDeliveredText(record),
        toOriginalText(record),
        record.natCommunityId,
      ]);
      expect(new Set(told)).toEqual(new Set([undefined]));
    });
  });
});

/** The case itself came about as meant. */
function expectTraffic({ natCase: { way, outcome }, conversations }: CaseView): void {
  const outcomes = conversations.map((conversation) => conversation.outcome);
  expect(new Set(outcomes)).toEqual(new Set([outcome ?? 'answered']));
  const backends = new Set(conversations.map(({ servedBy }) => servedBy));
  const dialled = new Set(conversations.map((conversation) => conversation.dialled));
  if (way === 'four to one backend') expect([backends.size, dialled.size]).toEqual([1, 4]);
  if (way === 'reused port' || way === 'reused at once') expect([backends.size, dialled.size]).toEqual([2, 1]);
}

/** What the client's pod shows: what it dialled, and behind it what the servers' sockets and conntrack tell. */
function expectClientSide(view: CaseView): void {
  const { natCase, conversations } = view;
  for (const dialled of new Set(conversations.map((conversation) => conversation.dialled))) {
    const records = view.clientRecords(dialled);
    const delivered = conversations.filter((c) => c.dialled === dialled).map((c) => view.deliveredForClient(c));
    expect(new Set(records.map(({ natState }) => natState))).toEqual(new Set([natCase.client]));
    expect(view.deliveredByConntrack(dialled)).toEqual(natCase.client === 'unresolved' ? [] : delivered);
    const told = [...new Set(records.map(toDeliveredText))];
    // One record tells of all connections that had one tuple in an interval: it can name only one of their servers.
    const isShared = natCase.way === 'reused at once';
    const expected = isShared ? delivered.filter((tuple) => told.includes(tuple)) : delivered;
    expect(told).toEqual(natCase.client === 'translated' ? expected : [undefined]);
    expect(new Set(records.map(toOriginalText))).toEqual(new Set([undefined]));
    const { verdict, reason } = natCase.verdict ?? { verdict: 'forwarded', reason: undefined };
    expect(records.at(-1)).toMatchObject({ verdict, dropReason: reason });
    if (natCase.way === 'forgotten at once')
      expect(records.map(({ event, endReason }) => [event, endReason])).toEqual([['end', 'end_of_flow_detected']]);
  }
}

/** What the server's pod shows: what its socket has, and where that was translated, what the client dialled. */
function expectServerSide(view: CaseView): void {
  const isTranslated = view.natCase.server === 'translated';
  for (const conversation of view.conversations) {
    const truth = view.truth(conversation);
    const records = view.serverRecords(conversation);
    expect(new Set(records.map(({ natState }) => natState))).toEqual(new Set([view.natCase.server]));
    expect(new Set(records.map(toDeliveredText))).toEqual(new Set([isTranslated ? truth : undefined]));
    expect(new Set(records.map(toOriginalText))).toEqual(new Set([isTranslated ? conversation.dialled : undefined]));
    expect(view.dialledByConntrack(conversation)).toEqual([isTranslated ? conversation.dialled : truth]);
  }
}

/** Both ends of a connection have one trace id, unless the client's node cannot know what became of it. */
function expectJoined(view: CaseView): void {
  const { client, server, isTranslatedBeyondNode } = view.natCase;
  if (client === undefined || server === undefined) return;
  for (const conversation of view.conversations) {
    const truth = view.truth(conversation);
    const ofClient = view.clientRecords(conversation.dialled);
    const ofThisServer = ofClient.filter((record) => client === 'none' || toDeliveredText(record) === truth);
    const ids = new Set([...view.serverRecords(conversation), ...ofThisServer].map(traceCommunityId));
    expect(ids.size).toBe(isTranslatedBeyondNode === true ? 2 : 1);
  }
}
