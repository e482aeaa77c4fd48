import { Registry } from 'prom-client';
import type { BodyMapCounters } from '../model/body-map-counters.ts';
import type { ElasticsearchCounters } from '../model/elasticsearch-counters.ts';
import type { KubernetesKindCounters, NameIndexCounters } from '../model/kubernetes-counters.ts';
import type { MapCounters } from '../model/map-counters.ts';
import type { OtlpReceiveCounters } from '../model/otlp-receive-counters.ts';
import type { StitchCounters } from '../model/stitch-counters.ts';
import { registerBodyMapMetrics } from './body-map-metrics.ts';
import type { ConnectionCounters } from './connection/connection-counters.ts';
import { registerConnectionMetrics } from './connection/connection-metrics.ts';
import { registerElasticsearchMetrics } from './elasticsearch-metrics.ts';
import { registerKubernetesMetrics, registerNameIndexMetrics } from './kubernetes-metrics.ts';
import { registerMapMetrics } from './map-metrics.ts';
import { registerProcessMetrics, type BuildInfo } from './process-metrics.ts';
import { registerReceiveMetrics } from './receive-metrics.ts';
import { registerStageMetrics, type AccountedStage } from './stage-metrics.ts';
import { registerStitchMetrics } from './stitch-metrics.ts';

/** Where the values come from: each is read once at every scrape; what a service does not do is absent. */
export interface EnrichMetricSources extends BuildInfo {
  readonly stages: () => readonly AccountedStage[];
  readonly receiveCounters?: (() => OtlpReceiveCounters) | undefined;
  /** One for each watched kind; absent where names come from a file. */
  readonly kubernetesCounters?: (() => readonly KubernetesKindCounters[]) | undefined;
  readonly nameIndexCounters?: (() => NameIndexCounters) | undefined;
  readonly stitchCounters?: (() => StitchCounters) | undefined;
  readonly elasticsearchCounters?: (() => ElasticsearchCounters) | undefined;
  /** Documents handed on by OTLP. */
  readonly bodyMapCounters?: (() => BodyMapCounters) | undefined;
  readonly mapCounters?: (() => MapCounters) | undefined;
  readonly pairs?: ConnectionCounters | undefined;
}

/** A registry with everything of an enrichment service but the pairs' families. */
export function createEnrichRegistry(sources: EnrichMetricSources): Registry {
  const registry = new Registry();
  const { receiveCounters, kubernetesCounters, nameIndexCounters, stitchCounters } = sources;
  const { elasticsearchCounters, bodyMapCounters, mapCounters, pairs } = sources;
  registerProcessMetrics(registry, sources);
  registerStageMetrics(registry, sources.stages);
  if (receiveCounters !== undefined) registerReceiveMetrics(registry, receiveCounters);
  if (kubernetesCounters !== undefined) registerKubernetesMetrics(registry, kubernetesCounters);
  if (nameIndexCounters !== undefined) registerNameIndexMetrics(registry, nameIndexCounters);
  if (stitchCounters !== undefined) registerStitchMetrics(registry, stitchCounters);
  if (elasticsearchCounters !== undefined) registerElasticsearchMetrics(registry, elasticsearchCounters);
  if (bodyMapCounters !== undefined) registerBodyMapMetrics(registry, bodyMapCounters);
  if (mapCounters !== undefined) registerMapMetrics(registry, mapCounters);
  if (pairs !== undefined) registerConnectionMetrics(registry, pairs);
  return registry;
}
