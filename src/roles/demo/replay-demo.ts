import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FileBackend } from '../../capture/file/file-backend.ts';
import type { DemoSettings } from '../../config/settings.ts';
import { PodflowError } from '../../lib/podflow-error.ts';
import type { RoleContext } from '../../model/role-context.ts';
import type { EnrichParts } from '../enrich/start-enrichment.ts';
import { FlowPipeline } from '../flow-pipeline.ts';
import type { DemoCluster } from './demo-cluster.ts';
import { DEMO_CAPTURE } from './demo-files.ts';
import type { DemoRun } from './demo-run.ts';

/** Replays the recorded capture of the demo's client pods through the same pipeline that a probe runs. */
export async function replayDemo(
  settings: DemoSettings,
  context: RoleContext,
  cluster: DemoCluster,
  { local }: Pick<EnrichParts, 'local'>,
): Promise<DemoRun> {
  const path = fileURLToPath(DEMO_CAPTURE);
  if (!existsSync(path)) throw new PodflowError('CAPTURE_FILE_UNREADABLE', { path, reason: 'it is missing' });
  const { intervalMs, maxFlows } = settings;
  const backend = new FileBackend({ path, intervalMs, maxFlows, interfaceName: 'eth0' }, context.log);
  const clients = cluster.pods.filter((pod) => pod.spec.containers.some((container) => container.args[0] === 'client'));
  const ownAddresses = clients.map((pod) => pod.status.podIP);
  const resolvePoint = backend.resolvePoint.bind(backend);
  const pipeline = new FlowPipeline({ ...settings, ownAddresses, resolvePoint }, local === undefined ? [] : [local]);
  await backend.start(local?.follow(pipeline.sink) ?? pipeline.sink);
  return {
    mode: 'replay',
    metricsAddresses: [],
    done: backend.done,
    stop: async () => {
      await backend.stop();
      return [{ observer: 'the recorded capture', losses: { capture: backend.counters(), flow: pipeline.counters() } }];
    },
  };
}
