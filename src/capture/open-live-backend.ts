import type { Log } from '../lib/log.ts';
import { PodflowError } from '../lib/podflow-error.ts';
import type { CaptureBackend, CaptureSink } from '../model/capture.ts';
import type { TunnelPort } from '../model/tunnel-port.ts';
import { EbpfBackend } from './ebpf/ebpf-backend.ts';

export type LiveBackendName = 'ebpf' | 'cap';

export interface LiveBackendOptions {
  readonly interfaceName: string;
  readonly namespacePath: string | undefined;
  readonly intervalMs: number;
  /** Flows that each of the kernel's maps holds between two drains (ebpf). */
  readonly mapEntries: number;
  /** Flows that the aggregator holds in an interval (cap). */
  readonly maxFlows: number;
  /** Tunnels to look into; none when absent. */
  readonly decapsulate?: readonly TunnelPort[] | undefined;
}

/**
 * Starts the backend asked for; for `auto` the first that runs here, `ebpf` before `cap`, and logs why.
 * @throws PodflowError of the one asked for, or CAPTURE_RIGHT_MISSING with the reasons of all when none runs
 */
export async function openLiveBackend(
  wanted: LiveBackendName | 'auto',
  options: LiveBackendOptions,
  sink: CaptureSink,
  log: Log,
): Promise<CaptureBackend> {
  if (wanted !== 'auto') return started(await createBackend(wanted, options, log), sink, log, 'asked for');
  const reasons: string[] = [];
  for (const name of ['ebpf', 'cap'] as const) {
    try {
      const why = reasons.length === 0 ? 'the kernel lets us' : `not ${reasons.join('; not ')}`;
      return await started(await createBackend(name, options, log), sink, log, why);
    } catch (error) {
      if (!(error instanceof PodflowError) || error.code === 'INTERFACE_NOT_FOUND') throw error;
      reasons.push(`${name}: ${error.message}`);
    }
  }
  throw new PodflowError('CAPTURE_RIGHT_MISSING', {
    interfaceName: options.interfaceName,
    reasons: reasons.join('; '),
  });
}

async function createBackend(name: LiveBackendName, options: LiveBackendOptions, log: Log): Promise<CaptureBackend> {
  if (name === 'ebpf') return new EbpfBackend(options, log);
  const { CapBackend } = await import('./cap/cap-backend.ts');
  return new CapBackend(options, log);
}

async function started(backend: CaptureBackend, sink: CaptureSink, log: Log, why: string): Promise<CaptureBackend> {
  await backend.start(sink);
  log.info({ backend: backend.name, interface: backend.interfaceName, why }, 'capturing');
  return backend;
}
