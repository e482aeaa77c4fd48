import { once } from 'node:events';
import type { DemoSettings } from '../../config/settings.ts';
import { createDeadline } from '../../lib/deadline.ts';
import type { RoleContext } from '../../model/role-context.ts';
import { readDemoCluster, type DemoCluster } from './demo-cluster.ts';
import { DEMO_OBJECTS } from './demo-files.ts';
import type { DemoRun } from './demo-run.ts';
import { toDemoSummary } from './demo-summary.ts';
import { LiveDemo } from './live-demo.ts';
import { LiveView } from './live-view.ts';
import { replayDemo } from './replay-demo.ts';
import { startDemoEnrichment, type DemoEnrichment } from './start-demo-enrichment.ts';

/**
 * Shows podflow on a small cluster made of network namespaces; without root, on a recorded capture of the same. This
 * process is the enrichment service, which names, joins and shows what the observers tell. Runs until stopped; with
 * `--json`, which prints one summary instead of the live page, until the recording's end.
 */
export async function runDemo(settings: DemoSettings, context: RoleContext): Promise<void> {
  const startMs = performance.now();
  const cluster = readDemoCluster(DEMO_OBJECTS);
  const isLive = process.getuid?.() === 0;
  const service = await startDemoEnrichment(settings, context, isLive);
  const run = await startRun(isLive, cluster, settings, context, service);
  const view = createView(settings, context, cluster, run, service);
  const ends = settings.json ? [run.done] : [];
  if (!context.signal.aborted) await Promise.race([once(context.signal, 'abort'), ...ends]);
  view?.stop();
  const observers = await run.stop();
  await service.enrichment.stop(createDeadline(settings.shutdownDeadlineMs));
  view?.draw();
  if (!settings.json) return;
  const { mode } = run;
  const summary = toDemoSummary({ mode, startMs, pods: cluster.pods.length, observers, service });
  context.stdout.write(`${JSON.stringify(summary)}\n`);
}

async function startRun(
  isLive: boolean,
  cluster: DemoCluster,
  settings: DemoSettings,
  context: RoleContext,
  { enrichment }: DemoEnrichment,
): Promise<DemoRun> {
  if (isLive) return LiveDemo.start(cluster, settings, enrichment.receivingUrl ?? '');
  context.log.warn({}, 'not root, so no namespaces can be made: replaying a recorded capture of this demo instead');
  return replayDemo(settings, context, cluster, enrichment.parts);
}

/** Stdout is for one thing: the page, or documents, or the summary behind them. */
function createView(
  { json, documents, outputFile }: DemoSettings,
  { stdout }: RoleContext,
  cluster: DemoCluster,
  run: DemoRun,
  { enrichment, table }: DemoEnrichment,
): LiveView | undefined {
  if (json || (documents !== 'none' && outputFile === undefined)) return undefined;
  const title = `podflow demo (${run.mode}): ${cluster.pods.length} pods on ${cluster.nodeName}`;
  const url = enrichment.servingUrl;
  const own = url === undefined ? [] : [`${url}/api/map  /api/flows  /metrics  enrichment`];
  const view = new LiveView({ title, addresses: [...own, ...run.metricsAddresses], table }, stdout);
  view.start();
  return view;
}
