import { Counter, Gauge, type Registry } from 'prom-client';
import type { MetricDeclaration } from './metric-declaration.ts';

/** Tells the present value of one series. */
export type Report = (
  metric: MetricDeclaration,
  labels: Readonly<Record<string, string>>,
  value: number | undefined,
) => void;

/**
 * Registers metrics whose values are kept elsewhere. At each scrape `read` reports all series of the group at once, so
 * that values which belong together come from the same moment; an undefined value leaves its series out.
 */
export function registerGroup(
  registry: Registry,
  declarations: readonly MetricDeclaration[],
  read: (report: Report) => void,
): void {
  const metrics = new Map<string, Counter | Gauge>();
  const report: Report = (declaration, labels, value) => {
    const metric = metrics.get(declaration.name);
    if (value === undefined) metric?.remove({ ...labels });
    else if (metric instanceof Counter) metric.inc({ ...labels }, value);
    else metric?.set({ ...labels }, value);
  };
  const collect = (): void => {
    for (const metric of metrics.values()) metric.reset();
    read(report);
  };
  // The registry reads its metrics in the order of registration and within one turn: the first one collects for all.
  for (const [i, declaration] of declarations.entries()) {
    metrics.set(declaration.name, createMetric(registry, declaration, i === 0 ? collect : undefined));
  }
}

function createMetric(
  registry: Registry,
  { name, help, type, labels }: MetricDeclaration,
  collect: (() => void) | undefined,
): Counter | Gauge {
  const configuration = {
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    ...(collect === undefined ? {} : { collect }),
  };
  return type === 'counter' ? new Counter(configuration) : new Gauge(configuration);
}
