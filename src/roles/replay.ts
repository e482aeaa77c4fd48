import { once } from 'node:events';
import { FileBackend } from '../capture/file/file-backend.ts';
import { createResource } from '../config/resource.ts';
import type { ReplaySettings } from '../config/settings.ts';
import { createDeadline } from '../lib/deadline.ts';
import type { RoleContext } from '../model/role-context.ts';
import { USUAL_TUNNEL_PORTS } from '../model/tunnel-port.ts';
import { FlowPipeline } from './flow-pipeline.ts';
import { createRecordOutputs } from './record-outputs.ts';
import { startTelemetry } from './telemetry.ts';

/** Runs the probe's pipeline over a capture file; ends with the file. */
export async function runReplay(path: string, settings: ReplaySettings, context: RoleContext): Promise<void> {
  const { signal } = context;
  const resource = createResource(settings, context.env);
  const telemetry = await startTelemetry(settings, resource, context);
  const { log } = telemetry;
  const outputs = await createRecordOutputs(settings, resource, { ...context, log }, []);
  const { intervalMs, maxFlows, decapsulate = USUAL_TUNNEL_PORTS } = settings;
  const backend = new FileBackend({ path, intervalMs, maxFlows, decapsulate }, log);
  const ownAddresses = settings.ownAddresses ?? [];
  const resolvePoint = backend.resolvePoint.bind(backend);
  const pipeline = new FlowPipeline({ ...settings, ownAddresses, resolvePoint }, outputs.stages);

  await outputs.start();
  telemetry.observe(outputs);
  await backend.start(pipeline.sink);
  const failure = await Promise.race([
    backend.done.then(
      () => undefined,
      (error: unknown) => ({ error }),
    ),
    ...(signal.aborted ? [] : [once(signal, 'abort').then(() => undefined)]),
  ]);

  await backend.stop();
  await outputs.stop(createDeadline(settings.shutdownDeadlineMs));
  await telemetry.shutdown();
  outputs.writeSummary(context.stdout, { capture: backend.counters(), flows: pipeline.counters() });
  if (failure !== undefined) throw failure.error;
}
