import { Registry } from 'prom-client';
import type { CaptureCounters } from '../model/capture.ts';
import type { ConntrackCounters, NatCounters } from '../model/conntrack-counters.ts';
import type { FlowCounters } from '../model/flow-counters.ts';
import type { KernelDropCounters } from '../model/kernel-drop-counters.ts';
import type { NodeCaptureCounters } from '../model/node-capture-counters.ts';
import type { OtlpCounters } from '../model/otlp-counters.ts';
import type { OtlpReceiveCounters, OtlpRelayCounters } from '../model/otlp-receive-counters.ts';
import { registerCaptureMetrics } from './capture-metrics.ts';
import type { DnsCounters } from './dns-counters.ts';
import { registerDnsMetrics } from './dns-metrics.ts';
import { registerFlowTableMetrics } from './flow-table-metrics.ts';
import { registerKernelDropMetrics } from './kernel-drop-metrics.ts';
import { registerConntrackMetrics, registerNatMetrics } from './nat-metrics.ts';
import { registerNodeCaptureMetrics } from './node-capture-metrics.ts';
import { registerOtlpMetrics } from './otlp-metrics.ts';
import type { PairCounters } from './pair-counters.ts';
import { registerPairMetrics } from './pair-metrics.ts';
import { registerProcessMetrics, type BuildInfo } from './process-metrics.ts';
import { registerReceiveMetrics, registerRelayMetrics } from './receive-metrics.ts';
import { registerStageMetrics, type AccountedStage } from './stage-metrics.ts';

/** What is shown of a whole-node capture. */
export interface CaptureMetricSources {
  readonly captureCounters: () => CaptureCounters;
  readonly nodeCounters: () => NodeCaptureCounters;
  readonly flowCounters: () => FlowCounters;
  readonly pairs: PairCounters;
  readonly dns: DnsCounters;
}

/** Where the values come from: each is read once at every scrape; what a node does not do is absent. */
export interface NodeMetricSources extends BuildInfo {
  readonly conntrackCounters: () => ConntrackCounters;
  readonly natCounters: () => NatCounters;
  readonly kernelDropCounters: () => KernelDropCounters;
  readonly stages: () => readonly AccountedStage[];
  readonly receiveCounters?: (() => OtlpReceiveCounters) | undefined;
  readonly relayCounters?: (() => OtlpRelayCounters) | undefined;
  readonly otlpCounters?: (() => OtlpCounters) | undefined;
  readonly capture?: CaptureMetricSources | undefined;
}

/** A registry with everything of a node role but the pairs' families. */
export function createNodeRegistry(sources: NodeMetricSources): Registry {
  const registry = new Registry();
  const { receiveCounters, relayCounters, otlpCounters, capture } = sources;
  registerProcessMetrics(registry, sources);
  registerConntrackMetrics(registry, sources.conntrackCounters);
  registerNatMetrics(registry, sources.natCounters);
  registerKernelDropMetrics(registry, sources.kernelDropCounters);
  registerStageMetrics(registry, sources.stages);
  if (receiveCounters !== undefined) registerReceiveMetrics(registry, receiveCounters);
  if (relayCounters !== undefined) registerRelayMetrics(registry, relayCounters);
  if (otlpCounters !== undefined) registerOtlpMetrics(registry, otlpCounters);
  if (capture !== undefined) registerCapture(registry, capture);
  return registry;
}

function registerCapture(registry: Registry, capture: CaptureMetricSources): void {
  registerCaptureMetrics(registry, capture.captureCounters);
  registerNodeCaptureMetrics(registry, capture.nodeCounters);
  registerFlowTableMetrics(registry, capture.flowCounters);
  registerPairMetrics(registry, capture.pairs);
  registerDnsMetrics(registry, capture.dns);
}
