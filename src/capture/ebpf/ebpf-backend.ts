import type { Log } from '../../lib/log.ts';
import type { CaptureBackend, CaptureCounters, CaptureSink } from '../../model/capture.ts';
import { createPodPoint, type ObservationPoint, type PointResolver } from '../../model/observation-point.ts';
import type { TunnelPort } from '../../model/tunnel-port.ts';
import { chooseInterface } from '../interface/choose-interface.ts';
import { LinkMonitor } from '../interface/link-monitor.ts';
import { NO_COUNTS } from '../no-counts.ts';
import { TunnelPoints } from '../tunnel-points.ts';
import { FlowProgram } from './flow-program.ts';
import { FollowedInterface } from './followed-interface.ts';
import { KernelCapture } from './kernel-capture.ts';
import { KernelTunnels } from './kernel-tunnels.ts';

export interface EbpfOptions {
  readonly interfaceName: string;
  readonly namespacePath: string | undefined;
  readonly intervalMs: number;
  readonly mapEntries: number;
  /** Tunnels to look into; none when absent. */
  readonly decapsulate?: readonly TunnelPort[] | undefined;
}

/** Live capture of one interface by a socket filter that counts flows inside the kernel; see flow.bpf.c. */
export class EbpfBackend implements CaptureBackend {
  readonly name = 'ebpf';
  readonly done = new Promise<void>(() => undefined);
  readonly #options: EbpfOptions;
  readonly #log: Log;
  #interfaceName: string;
  #resolvePoint: PointResolver;
  #capture: KernelCapture | undefined;

  constructor(options: EbpfOptions, log: Log) {
    this.#options = options;
    this.#log = log;
    this.#interfaceName = options.interfaceName;
    this.#resolvePoint = createPodPoint(options.interfaceName);
  }

  get interfaceName(): string {
    return this.#interfaceName;
  }

  resolvePoint(point: number): ObservationPoint {
    return this.#resolvePoint(point);
  }

  async start(sink: CaptureSink): Promise<void> {
    const { namespacePath, mapEntries, intervalMs, decapsulate = [] } = this.#options;
    const monitor = LinkMonitor.open(namespacePath);
    const link = chooseInterface(monitor, this.#options.interfaceName);
    this.#interfaceName = link.name;
    const program = FlowProgram.load({ mapEntries, isLoopback: link.isLoopback, points: 'one', decapsulate });
    const tunnels = decapsulate.length === 0 ? undefined : new KernelTunnels(program, decapsulate);
    this.#resolvePoint = createResolver(link.name, tunnels);
    this.#capture = await KernelCapture.start(
      { program, sink, tunnels, intervalMs, log: this.#log },
      () => new FollowedInterface(program, namespacePath, monitor, link, this.#log),
    );
  }

  async stop(): Promise<void> {
    await this.#capture?.stop();
  }

  counters(): CaptureCounters {
    return this.#capture?.counters() ?? NO_COUNTS;
  }
}

function createResolver(interfaceName: string, tunnels: KernelTunnels | undefined): PointResolver {
  const resolvePod = createPodPoint(interfaceName);
  if (tunnels === undefined) return resolvePod;
  const points = new TunnelPoints((number) => tunnels.find(number), resolvePod);
  return (point) => points.resolve(point);
}
