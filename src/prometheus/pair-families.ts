import { IP_PROTOCOL } from '../model/ip-protocol.ts';
import { encodeFamilyHead } from './exposition-text.ts';
import type { MetricDeclaration } from './metric-declaration.ts';
import { METRICS } from './metric-list.ts';
import { CELL, CELLS_PER_PAIR, REASON_CELL } from './pair-cells.ts';
import type { PairTable } from './pair-table.ts';

/** One line of a pair in a family. */
interface PairSeries {
  readonly cell: number;
  /** What follows the pair's labels, up to the value. */
  readonly tail: string;
  /** Protocols whose pairs show the series from their first sight; all where absent. */
  readonly protocols?: readonly number[];
  /** Whether the pairs of other protocols show it once it has counted. */
  readonly whenCounted?: boolean;
}

interface PairFamily {
  readonly metric: MetricDeclaration;
  readonly series: readonly PairSeries[];
}

const TRANSMIT = ',direction="transmit"} ';
const RECEIVE = ',direction="receive"} ';
const TCP_ONLY = { protocols: [IP_PROTOCOL.tcp] };

/**
 * The failures that packets of a protocol usually tell: those series stand at 0 from the first sight of a pair, since
 * Prometheus makes no rate of a series that begins above 0. The other reasons come with their first flow;
 * `flowDroppedPackets` stands at 0 for every pair and misses none.
 */
const USUAL_REASONS: Readonly<Record<string, readonly number[]>> = {
  syn_unanswered: [IP_PROTOCOL.tcp],
  connection_refused: [IP_PROTOCOL.tcp],
  port_unreachable: [IP_PROTOCOL.udp],
};

const FAMILIES: readonly PairFamily[] = [
  {
    metric: METRICS.flowBytes,
    series: [
      { cell: CELL.transmitBytes, tail: TRANSMIT },
      { cell: CELL.receiveBytes, tail: RECEIVE },
    ],
  },
  {
    metric: METRICS.flowPackets,
    series: [
      { cell: CELL.transmitPackets, tail: TRANSMIT },
      { cell: CELL.receivePackets, tail: RECEIVE },
    ],
  },
  { metric: METRICS.flowConnections, series: [{ cell: CELL.connections, tail: '} ' }] },
  {
    metric: METRICS.flowDropped,
    series: Object.entries(REASON_CELL).map(([reason, cell]) => ({
      cell,
      tail: `,reason="${reason}"} `,
      protocols: USUAL_REASONS[reason] ?? [],
      whenCounted: true,
    })),
  },
  { metric: METRICS.flowDroppedPackets, series: [{ cell: CELL.droppedPackets, tail: '} ' }] },
  {
    metric: METRICS.flowRetransmits,
    series: [
      { cell: CELL.transmitRetransmits, tail: TRANSMIT, ...TCP_ONLY },
      { cell: CELL.receiveRetransmits, tail: RECEIVE, ...TCP_ONLY },
    ],
  },
];

/** The families of a pair table as text, in pieces of about `linesPerChunk` lines; a pair's lines are not parted. */
export function* encodePairFamilies(table: PairTable, linesPerChunk: number): Generator<string, void, void> {
  for (const { metric, series } of FAMILIES) {
    let text = encodeFamilyHead(metric);
    let lines = 2;
    for (let pair = 0; pair < table.labels.length; pair++) {
      const labels = table.labels[pair];
      if (labels === undefined) continue;
      const start = `${metric.name}{${labels}`;
      for (const one of series) {
        const value = table.cells[pair * CELLS_PER_PAIR + one.cell] ?? 0;
        if (!isShown(one, table.protocolNumber(pair), value)) continue;
        text += `${start}${one.tail}${value}\n`;
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

function isShown(series: PairSeries, protocol: number, value: number): boolean {
  if (series.protocols === undefined || series.protocols.includes(protocol)) return true;
  return series.whenCounted === true && value > 0;
}
