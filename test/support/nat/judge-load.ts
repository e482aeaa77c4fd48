import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { toDeliveredText, toObservedText } from './tuple-text.ts';

/** How the records of a load's client were told, by what its servers' own interfaces saw. */
export interface Judgement {
  readonly records: number;
  readonly frames: number;
  /** The tuple told arrived at a server. */
  right: number;
  unresolved: number;
  /** Told with a tuple that arrived nowhere. */
  readonly wrong: string[];
}

const INTERVAL_NS = 1e9;
/** Two captures do not end their intervals at the same instant, and a frame takes its time from one to the other. */
const SKEW_NS = 200e6;

/**
 * Compares what was told with what arrived: captures on the servers know nothing of conntrack. A tuple
 * must have arrived in the record's interval, or beside it where the record's frames passed near its bounds; `atAnyTime`
 * is for runs in which a tuple has one backend all along.
 */
export function judgeLoad(
  ofClient: readonly FlowRecord[],
  ofServers: readonly FlowRecord[],
  atAnyTime = false,
): Judgement {
  const indexOf = (record: FlowRecord): number => (atAnyTime ? 0 : Math.round(record.intervalStartNs / INTERVAL_NS));
  const arrived = new Set(ofServers.map((record) => `${indexOf(record)} ${toObservedText(record)}`));
  const frames = ofClient.reduce((sum, { packets, reversePackets }) => sum + packets + reversePackets, 0);
  const judgement: Judgement = { records: ofClient.length, frames, right: 0, unresolved: 0, wrong: [] };
  for (const record of ofClient) {
    const index = indexOf(record);
    const told = toDeliveredText(record);
    if (told === undefined) judgement.unresolved++;
    else if (nearbyIntervals(record).some((step) => arrived.has(`${index + step} ${told}`))) judgement.right++;
    else judgement.wrong.push(`${toObservedText(record)} told as ${told}`);
  }
  return judgement;
}

function nearbyIntervals({ intervalStartNs, startNs, endNs }: FlowRecord): number[] {
  const isNearStart = startNs < intervalStartNs + SKEW_NS;
  const isNearEnd = endNs > intervalStartNs + INTERVAL_NS - SKEW_NS;
  return [0, ...(isNearStart ? [-1] : []), ...(isNearEnd ? [1] : [])];
}
