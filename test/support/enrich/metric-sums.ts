import { select, sumOf } from '../prometheus-text.ts';
import type { Metrics } from './enrich-process.ts';
import type { ToldConnection } from './flow-traffic.ts';

/** Labels of OpenTelemetry's `network.io.direction`, seen from the client. */
const OUT = { direction: 'transmit' };
const BACK = { direction: 'receive' };

/** What the counters of a group say in all. */
export function readPairSums(metrics: Metrics, group: 'podflow_flow' | 'podflow_pod_flow'): ToldConnection {
  return {
    bytes: sumOrNone(metrics, `${group}_bytes_total`, OUT),
    packets: sumOrNone(metrics, `${group}_packets_total`, OUT),
    reverseBytes: sumOrNone(metrics, `${group}_bytes_total`, BACK),
    reversePackets: sumOrNone(metrics, `${group}_packets_total`, BACK),
  };
}

/** Connections begun, as the counters per pair of pods tell them. */
export function countBegun(metrics: Metrics): number {
  return sumOrNone(metrics, 'podflow_pod_flow_connections_total');
}

/** A family without a series is not there before the first of them. */
function sumOrNone(metrics: Metrics, name: string, labels: Readonly<Record<string, string>> = {}): number {
  return metrics.has(name) ? sumOf(metrics, name, labels) : 0;
}

/** Both sides of the loss identities of an enrichment service: what came in, and what became of it. */
export interface EnrichBalance {
  readonly received: number;
  readonly forwarded: number;
  readonly dropped: number;
  readonly held: number;
  readonly joinReceived: number;
  readonly joinOutcomes: number;
  readonly joinHeld: number;
}

export function readBalance(metrics: Metrics): EnrichBalance {
  const stage = { stage: 'otlp_receive' };
  return {
    received: sumOf(metrics, 'podflow_stage_records_total', { ...stage, outcome: 'received' }),
    forwarded: sumOf(metrics, 'podflow_stage_records_total', { ...stage, outcome: 'forwarded' }),
    dropped: sumOf(metrics, 'podflow_stage_records_total', { ...stage, outcome: 'dropped' }),
    held: sumOf(metrics, 'podflow_stage_held_records', stage),
    joinReceived: sumOf(metrics, 'podflow_stitch_received_records_total'),
    joinOutcomes: sumOf(metrics, 'podflow_stitch_records_total'),
    joinHeld: sumOf(metrics, 'podflow_stitch_held_records'),
  };
}

/** Series of a family by one label. */
export function readByLabel(metrics: Metrics, name: string, label: string): Record<string, number> {
  return Object.fromEntries(select(metrics, name).map(({ labels, value }) => [labels[label] ?? '', value]));
}
