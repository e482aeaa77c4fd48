import { describe, expect, test } from '@jest/globals';
import { encodeConnectionJson } from '../../../src/lib/connection-json.ts';
import type { Connection } from '../../../src/model/connection.ts';
import type { FlowPage } from '../../../src/web/api/flow-source.ts';
import { RecentFlows } from '../../../src/web/api/recent-flows.ts';
import { createMixedConnection, createMixedEnds } from '../../support/mixed-connections.ts';
import {
  createSampleConnection,
  createSampleConnections,
  SAMPLE_INTERVAL_MS,
} from '../../support/sample-connections.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const ALL = { filters: [], limit: 1_000, before: undefined };

/** Connections that their source port tells apart. */
function numbered(from: number, to: number): Connection[] {
  return Array.from({ length: to - from }, (_, i) => createSampleConnection({ sourcePort: from + i }));
}

function portsOf({ flows }: FlowPage): (number | undefined)[] {
  return flows.map(({ sourcePort }) => sourcePort);
}

describe('recent flows', () => {
  test('are told newest first, the oldest give way', () => {
    const flows = new RecentFlows({ flowLimit: 5 });
    flows.accept(numbered(1, 4));
    expect(portsOf(flows.find(ALL))).toEqual([3, 2, 1]);
    flows.accept(numbered(4, 9));
    expect(portsOf(flows.find(ALL))).toEqual([8, 7, 6, 5, 4]);
    flows.accept(numbered(10, 30));
    expect(portsOf(flows.find(ALL))).toEqual([29, 28, 27, 26, 25]);
  });

  test('are copies: what was given may be used again at once', () => {
    const flows = new RecentFlows({ flowLimit: 300 });
    const random = seededRandom(7);
    const given = Array.from({ length: 300 }, () =>
      createMixedConnection(random, createMixedEnds(), SAMPLE_INTERVAL_MS),
    );
    const texts = given.map(encodeConnectionJson);
    // Twice, so that places are used again: with and without the server's perspective.
    flows.accept(createSampleConnections(300));
    flows.accept(given);
    for (const [at, connection] of createSampleConnections(300).entries()) {
      Object.assign(given[at]!.record, connection.record, { bytes: -1 });
      if (given[at]!.serverRecord) Object.assign(given[at]!.serverRecord, connection.record, { bytes: -1 });
      Object.assign(given[at]!, { ...connection, record: given[at]!.record, serverRecord: given[at]!.serverRecord });
    }
    expect(flows.find(ALL).flows.map(encodeConnectionJson)).toEqual(texts.toReversed());
  });

  test('come in pages, which go on where the last one ended though new ones came', () => {
    const flows = new RecentFlows({ flowLimit: 100 });
    flows.accept(numbered(0, 50));
    const filters = [({ sourcePort }: Connection) => sourcePort! % 2 === 0];
    const seen: unknown[] = [];
    let before: number | undefined;
    for (let page = 0; page < 3; page++) {
      const found = flows.find({ filters, limit: 10, before });
      seen.push(...portsOf(found));
      before = found.nextBefore;
      flows.accept(numbered(50, 60));
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => 48 - 2 * i));
    expect(before).toBeUndefined();
  });

  test('end a page without a next one where nothing older matches', () => {
    const flows = new RecentFlows({ flowLimit: 100 });
    flows.accept(numbered(0, 50));
    const filters = [({ sourcePort }: Connection) => sourcePort! >= 40];
    expect(flows.find({ filters, limit: 10, before: undefined }).nextBefore).toBeUndefined();
    expect(flows.find({ filters, limit: 9, before: undefined }).nextBefore).toEqual(expect.any(Number));
  });

  test('of a page that was overwritten meanwhile are gone, not replaced by others', () => {
    const flows = new RecentFlows({ flowLimit: 10 });
    flows.accept(numbered(0, 10));
    const { nextBefore } = flows.find({ filters: [], limit: 4, before: undefined });
    flows.accept(numbered(10, 18));
    expect(flows.find({ ...ALL, before: nextBefore })).toEqual({ flows: [], nextBefore: undefined });
  });

  test('find nothing by the cursor of a process before', () => {
    const earlier = new RecentFlows({ startMs: 1_000 });
    earlier.accept(numbered(0, 500));
    const { nextBefore } = earlier.find({ filters: [], limit: 10, before: undefined });
    const flows = new RecentFlows({ startMs: 1_001 });
    flows.accept(numbered(0, 500));
    expect(flows.find({ ...ALL, before: nextBefore }).flows).toEqual([]);
    expect(flows.find({ ...ALL, before: 0 }).flows).toEqual([]);
  });
});
