import { once } from 'node:events';
import { FileBackend } from '../capture/file/file-backend.ts';
import { createResource } from '../config/resource.ts';
import type { ReplaySettings } from '../config/settings.ts';
import { createDeadline } from '../lib/deadline.ts';
import { PodflowError } from '../lib/podflow-error.ts';
import type { Resource } from '../model/resource.ts';
import type { RoleContext } from '../model/role-context.ts';
import { USUAL_TUNNEL_PORTS } from '../model/tunnel-port.ts';
import { FlowPipeline } from './flow-pipeline.ts';
import { createRecordOutputs } from './record-outputs.ts';
import type { ReplayConnections } from './replay-connections.ts';
import { startTelemetry } from './telemetry.ts';

/**
 * Runs the probe's pipeline over a capture file; ends with the file. With objects or documents asked for, the records
 * are also named and joined into connections.
 */
export async function runReplay(path: string, settings: ReplaySettings, context: RoleContext): Promise<void> {
  const { signal } = context;
  const resource = createResource(settings, context.env);
  const telemetry = await startTelemetry(settings, resource, context);
  const { log } = telemetry;
  const connections = await openConnections(settings, resource, { ...context, log });
  const further = connections === undefined ? [] : [connections.stage];
  const outputs = await createRecordOutputs(settings, resource, { ...context, log }, further);
  const { intervalMs, maxFlows, decapsulate = USUAL_TUNNEL_PORTS } = settings;
  const backend = new FileBackend({ path, intervalMs, maxFlows, decapsulate }, log);
  const ownAddresses = settings.ownAddresses ?? [];
  const resolvePoint = backend.resolvePoint.bind(backend);
  const pipeline = new FlowPipeline({ ...settings, ownAddresses, resolvePoint }, outputs.stages);

  await outputs.start();
  telemetry.observe(outputs);
  await backend.start(connections?.follow(pipeline.sink) ?? pipeline.sink);
  const failure = await Promise.race([
    backend.done.then(
      () => undefined,
      (error: unknown) => ({ error }),
    ),
    ...(signal.aborted ? [] : [once(signal, 'abort').then(() => undefined)]),
  ]);

  await backend.stop();
  const deadline = createDeadline(settings.shutdownDeadlineMs);
  await outputs.stop(deadline);
  await connections?.stop(deadline);
  await telemetry.shutdown();
  const otherStages = connections?.accountedStages ?? [];
  const sources = { capture: backend.counters(), flows: pipeline.counters(), otherStages };
  outputs.writeSummary(context.stdout, sources, connections?.summary());
  if (failure !== undefined) throw failure.error;
}

/** Loads the code that names and joins only when it is wanted. */
async function openConnections(
  settings: ReplaySettings,
  resource: Resource,
  context: RoleContext,
): Promise<ReplayConnections | undefined> {
  const { objectsFile, documents, output } = settings;
  if (objectsFile === undefined && documents === 'none') return undefined;
  if (documents !== 'none' && output !== 'none')
    throw new PodflowError('SETTINGS_INVALID', { count: 1, problems: '- --output and --documents write to one place' });
  const { createReplayConnections } = await import('./replay-connections.ts');
  return createReplayConnections(settings, resource, context);
}
