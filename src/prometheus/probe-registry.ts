import { Registry } from 'prom-client';
import type { CaptureCounters } from '../model/capture.ts';
import type { FlowCounters } from '../model/flow-counters.ts';
import type { OtlpCounters } from '../model/otlp-counters.ts';
import { registerCaptureMetrics } from './capture-metrics.ts';
import type { DnsCounters } from './dns-counters.ts';
import { registerDnsMetrics } from './dns-metrics.ts';
import { registerFlowTableMetrics } from './flow-table-metrics.ts';
import { registerOtlpMetrics } from './otlp-metrics.ts';
import type { PairCounters } from './pair-counters.ts';
import { registerPairMetrics } from './pair-metrics.ts';
import { registerProcessMetrics, type BuildInfo } from './process-metrics.ts';
import { registerStageMetrics, type AccountedStage } from './stage-metrics.ts';

/** Where the values come from: each is read once at every scrape. */
export interface ProbeMetricSources extends BuildInfo {
  readonly captureCounters: () => CaptureCounters;
  readonly flowCounters: () => FlowCounters;
  readonly stages: () => readonly AccountedStage[];
  /** Absent where no OTLP exporter runs. */
  readonly otlpCounters?: (() => OtlpCounters) | undefined;
  readonly pairs: PairCounters;
  readonly dns: DnsCounters;
}

/** A registry with everything of a probe but the pairs' families. */
export function createProbeRegistry(sources: ProbeMetricSources): Registry {
  const registry = new Registry();
  registerProcessMetrics(registry, sources);
  registerCaptureMetrics(registry, sources.captureCounters);
  registerFlowTableMetrics(registry, sources.flowCounters);
  registerStageMetrics(registry, sources.stages);
  if (sources.otlpCounters !== undefined) registerOtlpMetrics(registry, sources.otlpCounters);
  registerPairMetrics(registry, sources.pairs);
  registerDnsMetrics(registry, sources.dns);
  return registry;
}
