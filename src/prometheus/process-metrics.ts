import { collectDefaultMetrics, type Registry } from 'prom-client';
import { METRICS } from './metric-list.ts';
import { registerGroup } from './register-group.ts';

export interface BuildInfo {
  readonly version: string;
  /** Commit of the build, where it is known. */
  readonly revision?: string | undefined;
}

/**
 * The longest interval that `monitorEventLoopDelay` takes without overflow of its timer. At the library's own 10 ms
 * the histogram wakes an idle probe a hundred times a second: 0.25 % of a core.
 */
const NEVER_MS = 2 ** 31 - 1;

/** The families that come from that histogram; `nodejs_eventloop_lag_seconds` is measured at the scrape and stays. */
const DELAY_STATISTICS = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'];

/** Shows what runs, and prom-client's `process_*` and `nodejs_*` metrics without the event loop histogram. */
export function registerProcessMetrics(registry: Registry, { version, revision }: BuildInfo): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  for (const statistic of DELAY_STATISTICS) registry.removeSingleMetric(`nodejs_eventloop_lag_${statistic}_seconds`);
  const labels = {
    version,
    node_version: process.version,
    ...(revision === undefined ? {} : { revision }),
  };
  registerGroup(registry, [METRICS.buildInfo], (report) => report(METRICS.buildInfo, labels, 1));
}
