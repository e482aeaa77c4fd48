import { once } from 'node:events';
import { createResource } from '../../config/resource.ts';
import type { NodeSettings } from '../../config/settings.ts';
import { createDeadline } from '../../lib/deadline.ts';
import type { Log } from '../../lib/log.ts';
import type { RoleContext } from '../../model/role-context.ts';
import type { HttpServer } from '../../web/http-server.ts';
import { createRecordOutputs } from '../record-outputs.ts';
import { startTelemetry } from '../telemetry.ts';
import { startNodeCapture } from './node-capture.ts';
import { openKernelDrops, startKernelDrops } from './node-drops.ts';
import { startIntake } from './node-intake.ts';
import type { NodeParts } from './node-metrics.ts';
import { startNat } from './node-nat.ts';
import { writeNodeSummary } from './node-summary.ts';

/**
 * The node role, until stopped: takes the records of the node's probes, undoes their NAT from conntrack and forwards
 * them; with `--capture` it also observes all pods of the node itself. Where it may, it tells what the kernel drops.
 */
export async function runNode(settings: NodeSettings, context: RoleContext): Promise<void> {
  const { signal, env, stdout } = context;
  const resource = createResource(settings, env);
  const telemetry = await startTelemetry(settings, resource, context);
  const { log } = telemetry;
  const opened = await openKernelDrops(settings, log);
  const hasRecords = settings.isCapturing || opened !== undefined;
  const outputs = await createRecordOutputs(settings, resource, { ...context, log }, [], hasRecords);
  await outputs.start();
  telemetry.observe(outputs);

  const nat = await startNat(settings, log, opened?.hints);
  const { translator } = nat;
  const drops = opened && (await startKernelDrops(opened, settings, translator, outputs, log));
  const capture = settings.isCapturing ? await startNodeCapture(settings, translator, outputs, drops, log) : undefined;
  const intake =
    settings.listenPort === 'off' ? undefined : await startIntake(settings, translator, outputs, drops, { env, log });
  const parts: NodeParts = { nat, drops, capture, intake, outputs };
  const server = await serveMetrics(settings, parts, log);

  if (!signal.aborted) await once(signal, 'abort');

  const deadline = createDeadline(settings.shutdownDeadlineMs);
  await intake?.stop(deadline);
  await capture?.backend.stop();
  await drops?.stop();
  await outputs.stop(deadline);
  await nat.mirror.stop();
  await server?.stop(deadline);
  await telemetry.shutdown();
  writeNodeSummary(stdout, parts);
}

/** Loads prom-client and all that serves it only when metrics are wanted. */
async function serveMetrics(settings: NodeSettings, parts: NodeParts, log: Log): Promise<HttpServer | undefined> {
  if (settings.metricsPort === 'off') return undefined;
  const { startNodeMetrics } = await import('./node-metrics.ts');
  return startNodeMetrics(settings.metricsHost, settings.metricsPort, parts, log);
}
