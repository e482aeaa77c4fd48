import { describe, expect, test } from '@jest/globals';
import { StageCounters } from '../../../src/lib/stage-counters.ts';
import type { CaptureCounters } from '../../../src/model/capture.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { toLossSummary, type LossSources } from '../../../src/output/loss-summary.ts';
import { toRunSummary } from '../../../src/output/run-summary.ts';
import { SummaryCollector } from '../../../src/output/summary-collector.ts';
import { CAPTURE_COUNTERS, FLOW_COUNTERS as FLOWS } from '../../support/sample-counters.ts';
import { createSampleRecord } from '../../support/otlp-sample-records.ts';
import { describeStage } from '../../support/stage-contract.ts';

const CAPTURE: CaptureCounters = { ...CAPTURE_COUNTERS, taggedFrames: 0 };

/** A stage whose `account` needs its `this`, as those of classes do. */
class Stage {
  readonly name: string;
  readonly counters = new StageCounters();

  constructor(name: string) {
    this.name = name;
  }

  account(): StageCounters {
    return this.counters;
  }
}

function createSources(changes: Partial<LossSources> = {}): LossSources {
  const stage = new Stage('otlp');
  stage.counters.receive(40, 850);
  stage.counters.forward(30, 700);
  stage.counters.drop('queue_full', 10, 150);
  return { capture: CAPTURE, flows: FLOWS, stages: [stage], ...changes };
}

function record(changes: Partial<FlowRecord>): FlowRecord {
  return createSampleRecord(0, {
    sourceAddress: 'a',
    destinationAddress: 'b',
    packets: 3,
    bytes: 300,
    reversePackets: 2,
    reverseBytes: 5_000,
    sequence: 0,
    ...changes,
  });
}

describe('what is collected', () => {
  test('flows, records and traffic per pair of addresses, most bytes first', () => {
    const collector = new SummaryCollector();
    collector.accept([record({}), record({ sequence: 1 }), record({ destinationAddress: 'c', bytes: 1_000_000 })]);
    collector.accept([record({ sourceAddress: 'b', destinationAddress: 'a' })]);
    const summary = toRunSummary(collector.collected(), createSources());
    expect(summary).toMatchObject({ flows: 3, records: 4, packets: 20, bytes: 1_020_900 });
    expect(
      summary.pairs.map(({ source, destination, flows, records }) => [source, destination, flows, records]),
    ).toEqual([
      ['a', 'c', 1, 1],
      ['a', 'b', 1, 2],
      ['b', 'a', 1, 1],
    ]);
    expect(summary.pairs[1]).toMatchObject({ packets: 6, bytes: 600, reversePackets: 4, reverseBytes: 10_000 });
    expect(summary.otherPairs.records).toBe(0);
  });

  test('the first hundred pairs by themselves, the rest as one, also those that found no room', () => {
    const collector = new SummaryCollector();
    const count = 10_050;
    collector.accept(Array.from({ length: count }, (_, i) => record({ destinationAddress: `${i}`, bytes: i })));
    const { pairs, otherPairs, ...summary } = toRunSummary(collector.collected(), createSources());
    expect(pairs).toHaveLength(100);
    expect([pairs[0]?.bytes, pairs[99]?.bytes]).toEqual([9_999, 9_900]);
    expect(otherPairs).toMatchObject({ flows: count - 100, records: count - 100, packets: 3 * (count - 100) });
    expect(summary).toMatchObject({ flows: count, records: count, packets: 5 * count });
    const sum = (count * (count - 1)) / 2 + 5_000 * count;
    expect(summary.bytes).toBe(sum);
  });

  test('drops by verdict and reason: each flow once, packets of all its reports', () => {
    const collector = new SummaryCollector();
    const dropped = { verdict: 'dropped', dropReason: 'syn_unanswered', dropPackets: 2, dropBytes: 148 } as const;
    const refused = { verdict: 'rejected', dropReason: 'connection_refused', dropPackets: 1, dropBytes: 74 } as const;
    collector.accept([
      record({ ...dropped, flowId: 'x', event: 'start' }),
      record({ ...dropped, flowId: 'x', event: 'update', sequence: 1 }),
      record({ ...refused, flowId: 'y', event: 'end' }),
      record({ ...refused, flowId: 'z', event: 'end' }),
      record({ verdict: 'dropped', dropReason: undefined, flowId: 'w', event: 'end' }),
    ]);
    expect(toRunSummary(collector.collected(), createSources()).drops).toEqual([
      { verdict: 'rejected', reason: 'connection_refused', flows: 2, packets: 2, bytes: 148 },
      { verdict: 'dropped', reason: 'syn_unanswered', flows: 1, packets: 4, bytes: 296 },
      { verdict: 'dropped', reason: 'unknown', flows: 1, packets: 0, bytes: 0 },
    ]);
  });
});

describeStage('SummaryCollector', () => ({
  stage: new SummaryCollector(),
  batch: [record({}), record({})],
  amount: { records: 2, frames: 10 },
}));

describe('losses', () => {
  test('a stage that was handed more than the flow table reported, and one where nothing was captured', () => {
    const relay = new Stage('relay');
    relay.counters.receive(40, 850);
    relay.counters.forward(40, 850);
    const account = (): StageCounters => relay.account();
    const all = toLossSummary({ stages: [{ name: 'relay', account, handedFrames: 850 }] });
    expect(all).toMatchObject({ explained: true, stages: { relay: { unexplainedFrames: 0 } } });
    const short = toLossSummary({ stages: [{ name: 'relay', account, handedFrames: 900 }] });
    expect(short).toMatchObject({ explained: false, stages: { relay: { unexplainedFrames: 50 } } });
    expect(short.capture).toBeUndefined();
  });

  test('are explained when every step adds up', () => {
    const losses = toLossSummary(createSources());
    expect(losses.explained).toBe(true);
    expect(losses.stages['otlp']).toMatchObject({
      received: { records: 40, frames: 850 },
      dropped: { queue_full: { records: 10, frames: 150 } },
      unexplainedRecords: 0,
      unexplainedFrames: 0,
    });
    expect(JSON.parse(JSON.stringify(losses))).toEqual(losses);
  });

  test.each([
    { what: 'a frame that the capture lost', changes: { capture: { ...CAPTURE, attributedFrames: 899 } } },
    { what: 'a byte that the capture lost', changes: { capture: { ...CAPTURE, nonIpBytes: 1_799 } } },
    { what: 'a byte too many', changes: { capture: { ...CAPTURE, nonIpBytes: 1_801, taggedFrames: 5 } } },
    { what: 'more bytes than tags hold', changes: { capture: { ...CAPTURE, nonIpBytes: 1_795, taggedFrames: 1 } } },
    { what: 'a frame that the table lost', changes: { flows: { ...FLOWS, tableFullFrames: 49 } } },
    { what: 'frames that a stage never got', changes: { stages: [new Stage('empty')] } },
  ])('are not explained with $what', ({ changes }) => {
    expect(toLossSummary(createSources(changes)).explained).toBe(false);
  });

  test('tell by how much', () => {
    const losses = toLossSummary(createSources({ capture: { ...CAPTURE, interfaceFrames: 1_007 } }));
    expect(losses.capture?.unexplainedFrames).toBe(7);
    const stage = new Stage('output');
    stage.counters.receive(1, 840);
    stage.counters.forwarded.frames = 840;
    expect(toLossSummary(createSources({ stages: [stage] })).stages['output']?.unexplainedFrames).toBe(-830);
  });

  test('VLAN tags explain up to four bytes a tagged frame', () => {
    const capture = { ...CAPTURE, nonIpBytes: 1_792, taggedFrames: 2 };
    expect(toLossSummary(createSources({ capture }))).toMatchObject({
      explained: true,
      capture: { unexplainedBytes: 0 },
    });
  });

  test('a file has no interface to compare with', () => {
    const capture = { ...CAPTURE, interfaceFrames: undefined, interfaceBytes: undefined };
    expect(toLossSummary(createSources({ capture })).explained).toBe(true);
  });
});
