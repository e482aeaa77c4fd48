import { IP_PROTOCOL } from '../model/ip-protocol.ts';
import { encodeFamilyHead } from './exposition-text.ts';
import type { MetricDeclaration } from './metric-declaration.ts';
import { CELL, REASON_CELL } from './pair-cells.ts';
import type { PairPlaces } from './pair-places.ts';

/** One line of a pair in a family. */
export interface PairSeries {
  /** What follows the family's name: `_bucket` of a histogram. */
  readonly suffix?: string;
  /** What follows the pair's labels, up to the value. */
  readonly tail: string;
  readonly cell: number;
  /** Where given, the value is the sum of the cells from this one to `cell`. */
  readonly firstCell?: number;
  /** Protocols whose pairs show the series from their first sight; all where absent. */
  readonly protocols?: readonly number[];
  /** Other pairs show it once this cell is above 0. */
  readonly whenCounted?: number;
  /**
   * Whether it stands at 0 in the first exposition that has it: Prometheus makes no rate of a series that begins above 0,
   * and what it is told here happens seldom, often at the first sight of a pair.
   */
  readonly beginsAtZero?: boolean;
}

export interface PairFamily {
  readonly metric: MetricDeclaration;
  readonly series: readonly PairSeries[];
}

/** The declarations of what is counted of every pair, whatever its ends are. */
export interface PairMetrics {
  readonly bytes: MetricDeclaration;
  readonly packets: MetricDeclaration;
  readonly connections: MetricDeclaration;
  readonly dropped: MetricDeclaration;
  readonly droppedPackets: MetricDeclaration;
  readonly retransmits: MetricDeclaration;
}

/** Tails of a series without labels of its own, and of the two ways. */
export const PLAIN = '} ';
export const TRANSMIT = ',direction="transmit"} ';
export const RECEIVE = ',direction="receive"} ';
export const TCP_ONLY = { protocols: [IP_PROTOCOL.tcp] };

/**
 * The failures that packets of a protocol usually tell: those series are there from the first sight of a pair, the
 * others from their first flow on, so that a pair has few of them.
 */
const USUAL_REASONS: Readonly<Record<string, readonly number[]>> = {
  syn_unanswered: [IP_PROTOCOL.tcp],
  connection_refused: [IP_PROTOCOL.tcp],
  port_unreachable: [IP_PROTOCOL.udp],
};

/** The families of what is counted of every pair, under the given names. */
export function toPairFamilies(metrics: PairMetrics): readonly PairFamily[] {
  return [
    { metric: metrics.bytes, series: toWays(CELL.transmitBytes, CELL.receiveBytes) },
    { metric: metrics.packets, series: toWays(CELL.transmitPackets, CELL.receivePackets) },
    { metric: metrics.connections, series: [{ cell: CELL.connections, tail: PLAIN }] },
    { metric: metrics.dropped, series: Object.entries(REASON_CELL).map(toReasonSeries) },
    { metric: metrics.droppedPackets, series: [{ cell: CELL.droppedPackets, tail: PLAIN, beginsAtZero: true }] },
    { metric: metrics.retransmits, series: toWays(CELL.transmitRetransmits, CELL.receiveRetransmits, TCP_ONLY) },
  ];
}

/** The series of both ways. */
export function toWays(transmit: number, receive: number, shown: Partial<PairSeries> = {}): readonly PairSeries[] {
  return [
    { cell: transmit, tail: TRANSMIT, ...shown },
    { cell: receive, tail: RECEIVE, ...shown },
  ];
}

function toReasonSeries([reason, cell]: [string, number]): PairSeries {
  const protocols = USUAL_REASONS[reason] ?? [];
  return { cell, tail: `,reason="${reason}"} `, protocols, whenCounted: cell, beginsAtZero: true };
}

/** Families of pairs as text, in pieces of about `linesPerChunk` lines; a pair's lines in a family are not parted. */
export function* encodePairFamilies(
  places: PairPlaces,
  families: readonly PairFamily[],
  linesPerChunk: number,
): Generator<string, void, void> {
  for (const { metric, series } of families) {
    let text = encodeFamilyHead(metric);
    let lines = 2;
    for (let pair = 0; pair < places.labels.length; pair++) {
      const labels = places.labels[pair];
      if (labels === undefined) continue;
      for (const one of series) {
        if (!isShown(one, places, pair)) continue;
        text += `${metric.name}${one.suffix ?? ''}{${labels}${one.tail}${readValue(one, places, pair)}\n`;
        lines++;
      }
      if (lines < linesPerChunk) continue;
      yield text;
      text = '';
      lines = 0;
    }
    yield text;
  }
}

function isShown({ protocols, whenCounted }: PairSeries, places: PairPlaces, pair: number): boolean {
  if (protocols === undefined && whenCounted === undefined) return true;
  if (protocols?.includes(places.protocolNumber(pair)) === true) return true;
  return whenCounted !== undefined && (places.cells[pair * places.cellsPerPair + whenCounted] ?? 0) > 0;
}

function readValue({ cell, firstCell = cell, beginsAtZero }: PairSeries, places: PairPlaces, pair: number): number {
  const { cells, cellsPerPair } = places;
  const base = pair * cellsPerPair;
  if (beginsAtZero === true) return places.readFromZero(base + cell);
  let value = 0;
  for (let one = firstCell; one <= cell; one++) value += cells[base + one] ?? 0;
  return value;
}
