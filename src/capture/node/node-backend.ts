import type { Log } from '../../lib/log.ts';
import type { CaptureBackend, CaptureCounters, CaptureSink } from '../../model/capture.ts';
import type { NodeCaptureCounters } from '../../model/node-capture-counters.ts';
import type { ObservationPoint } from '../../model/observation-point.ts';
import { FlowProgram } from '../ebpf/flow-program.ts';
import { KernelCapture } from '../ebpf/kernel-capture.ts';
import { KernelTunnels } from '../ebpf/kernel-tunnels.ts';
import { NO_COUNTS } from '../no-counts.ts';
import { TunnelPoints } from '../tunnel-points.ts';
import { checkRights } from './missing-rights.ts';
import { NodeInterfaces, type NodeInterfacesOptions } from './node-interfaces.ts';

export interface NodeBackendOptions extends NodeInterfacesOptions {
  readonly intervalMs: number;
  /** Flows that each of the kernel's maps holds between two drains, for the whole node. */
  readonly mapEntries: number;
}

/**
 * Live capture of all pods of a node: the same program as a probe's, carried by a socket at each pod's interface. A pod
 * is observed at the host's end of its veth, or within its network namespace where it has none there; nothing else is
 * looked at (no bridge, no uplink unless asked for), so a packet counts once for each pod that it leaves or reaches, as
 * probes in those pods would count it.
 *
 * Loss identity (src/README.md §6): interface counters are summed over all interfaces from the moment each was
 * observed. An interface that goes takes with it what it counted in its last 200 ms; it is taken to have counted what
 * was seen of it, and `framesAfterLastRead` tells how much of the sum is known in this way only.
 */
export class NodeBackend implements CaptureBackend {
  readonly name = 'ebpf';
  readonly interfaceName = 'node';
  readonly done = new Promise<void>(() => undefined);
  readonly #options: NodeBackendOptions;
  readonly #log: Log;
  #capture: KernelCapture | undefined;
  #interfaces: NodeInterfaces | undefined;
  #tunnels: KernelTunnels | undefined;
  readonly #points = new TunnelPoints(
    (number) => this.#tunnels?.find(number),
    (point) => this.#interfaces?.taps.points.resolve(point) ?? NO_POINT,
  );

  constructor(options: NodeBackendOptions, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  /** Rejects with a PodflowError: CAPTURE_RIGHT_MISSING, CAPTURE_BACKEND_UNAVAILABLE or SYSTEM_CALL_FAILED. */
  async start(sink: CaptureSink): Promise<void> {
    for (const shortcoming of checkRights()) this.#log.warn({}, shortcoming);
    const { mapEntries, intervalMs, decapsulate = [] } = this.#options;
    const log = this.#log;
    const program = FlowProgram.load({ mapEntries, isLoopback: false, points: 'by_interface' });
    this.#tunnels = decapsulate.length === 0 ? undefined : new KernelTunnels(program, decapsulate);
    const parts = { program, sink: this.#observe(sink), tunnels: this.#tunnels, intervalMs, log };
    this.#capture = await KernelCapture.start(parts, async () => {
      this.#interfaces = await NodeInterfaces.open(program, this.#options, log);
      return this.#interfaces;
    });
    const counters = this.nodeCounters();
    log.info({ ...counters.observedInterfaces, unnamed: counters.unnamedInterfaces }, 'observing the pods of the node');
  }

  async stop(): Promise<void> {
    await this.#capture?.stop();
  }

  counters(): CaptureCounters {
    return this.#capture?.counters() ?? NO_COUNTS;
  }

  nodeCounters(): NodeCaptureCounters {
    return this.#interfaces?.counters() ?? NOTHING_OBSERVED;
  }

  resolvePoint(point: number): ObservationPoint {
    return this.#points.resolve(point);
  }

  /** Adds up on the way what comes of each interface, and forgets those that are gone once their flows were told. */
  #observe(sink: CaptureSink): CaptureSink {
    const carrierOf = (point: number): number => this.#points.carrierOf(point);
    return {
      deltas: (batch) => {
        this.#interfaces?.taps.attribute(batch, carrierOf);
        sink.deltas(batch);
      },
      icmpError: (error) => sink.icmpError(error),
      dnsMessage: (message) => sink.dnsMessage(message),
      drained: (nowNs) => sink.drained(nowNs),
      intervalEnd: async (startNs, endNs, isLast) => {
        if (!isLast) await this.#interfaces?.nameNewcomers();
        await sink.intervalEnd(startNs, endNs, isLast);
        this.#interfaces?.taps.intervalEnded();
      },
    };
  }
}

const NO_POINT: ObservationPoint = { interfaceName: 'node', side: 'host', podUid: undefined, tunnel: undefined };

const NOTHING_OBSERVED: NodeCaptureCounters = {
  observedInterfaces: { host: 0, pod: 0, uplink: 0 },
  unnamedInterfaces: 0,
  attachFailures: 0,
  framesBeforeAttach: 0,
  framesAfterLastRead: 0,
  linkEventOverruns: 0,
  namespaceScans: 0,
  forbiddenProcesses: 0,
  forbiddenNamespaces: 0,
};
