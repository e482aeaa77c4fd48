import { quantileOf, type Delay } from './delays.ts';
import { INTERVAL_MS, type Journey } from './run-journey.ts';
import type { ClientRun } from './traffic.ts';

const CLIENTS = ['shopper', 'buyer'] as const;
/** Of the window of the rates. */
const INTERVALS = 6;

/** What the journey measured, in milliseconds and as ratios. */
export function toFigures(journey: Journey): object {
  const { shopper, buyer, documents, documentDelays, counterDelays } = journey;
  return {
    connections: shopper.connections.length + buyer.connections.length,
    documents: documents.length,
    intervalEndToDocumentFoundMs: {
      ...toQuantiles(documentDelays),
      ofJoined: toQuantiles(documentDelays.filter(({ perspectives }) => perspectives === 'both')),
    },
    intervalEndToCounterScrapedMs: toQuantiles(counterDelays),
    rateToInterface: Object.fromEntries(
      CLIENTS.map((client) => [client, readRate(journey, client) / toInterfaceRate(journey[client])]),
    ),
  };
}

/** Bytes a second in the minute that ends with the last interval, as Prometheus tells them. */
export function readRate({ rates }: Journey, workload: string): number {
  return rates.find(({ labels }) => labels['src_workload'] === workload)?.value ?? NaN;
}

/** The same by the client's own interface, of which the first reading is that before the warm-up. */
export function toInterfaceRate({ readings }: ClientRun): number {
  const [, first] = readings;
  return ((readings.at(-1)?.byteCount ?? NaN) - (first?.byteCount ?? NaN)) / ((INTERVALS * INTERVAL_MS) / 1000);
}

/** Failed attempts of a client at a server by reason, as Prometheus tells them. */
export function readDropped({ series }: Journey, client: string, server: string): Record<string, number> {
  const samples = (series.get('flow_dropped') ?? []).filter(
    ({ labels }) => labels['src_workload'] === client && labels['dst_workload'] === server,
  );
  return Object.fromEntries(samples.map(({ labels, value }) => [labels['reason'], value]));
}

function toQuantiles(delays: readonly Delay[]): object {
  return { p50: Math.round(quantileOf(delays, 0.5)), p99: Math.round(quantileOf(delays, 0.99)) };
}
