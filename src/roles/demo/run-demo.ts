import { once } from 'node:events';
import type { DemoSettings } from '../../config/settings.ts';
import type { RoleContext } from '../../model/role-context.ts';
import { ConversationTable } from './conversation-table.ts';
import { readDemoCluster } from './demo-cluster.ts';
import { DEMO_OBJECTS } from './demo-files.ts';
import { toDemoSummary } from './demo-summary.ts';
import type { DemoRun } from './demo-run.ts';
import { KnownAddresses } from './known-addresses.ts';
import { LiveDemo } from './live-demo.ts';
import { LiveView } from './live-view.ts';
import { replayDemo } from './replay-demo.ts';

/**
 * Shows podflow on a small cluster made of network namespaces; without root, on a recorded capture of the same.
 * Runs until stopped or the recording's end; `--json` prints one summary instead of the live page.
 */
export async function runDemo(settings: DemoSettings, context: RoleContext): Promise<void> {
  const cluster = readDemoCluster(DEMO_OBJECTS);
  const table = new ConversationTable();
  const names = new KnownAddresses(cluster);
  const startMs = performance.now();
  const run = await start();
  const title = `podflow demo (${run.mode}): ${cluster.pods.length} pods on ${cluster.nodeName}`;
  const view = new LiveView({ title, metricsAddresses: run.metricsAddresses, table, names }, context.stdout);
  if (!settings.json) view.start();
  if (!context.signal.aborted) await Promise.race([once(context.signal, 'abort'), run.done]);
  view.stop();
  const observers = await run.stop();
  if (!settings.json) return view.draw();
  const summary = toDemoSummary({ mode: run.mode, startMs, cluster, table, names, observers });
  context.stdout.write(`${JSON.stringify(summary)}\n`);

  function start(): Promise<DemoRun> {
    if (process.getuid?.() === 0) return LiveDemo.start(cluster, settings, table);
    context.log.warn({}, 'not root, so no namespaces can be made: replaying a recorded capture of this demo instead');
    return replayDemo(settings, context, cluster, table);
  }
}
