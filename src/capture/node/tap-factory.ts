import type { Log } from '../../lib/log.ts';
import type { ObservationPoint } from '../../model/observation-point.ts';
import type { TunnelPort } from '../../model/tunnel-port.ts';
import { FilterSocket } from '../ebpf/filter-socket.ts';
import type { FlowProgram } from '../ebpf/flow-program.ts';
import type { FrameCounts } from '../interface/decode-link.ts';
import type { LinkMonitor } from '../interface/link-monitor.ts';
import { InterfaceTap, type TapKind } from './interface-tap.ts';
import type { InterfaceTaps } from './interface-taps.ts';
import { NumberedPrograms, type NumberedProgram } from './numbered-programs.ts';

/** Kernel memory for copies that wait at one interface: some 600 of them, read five times a second. */
const COPY_BUFFER_BYTES = 512 * 1024;

/** Of an interface that is gone already; binding to it fails. */
const NOTHING_COUNTED: FrameCounts = { rxFrames: 0, txFrames: 0, rxBytes: 0, txBytes: 0 };

/** An interface that is to be observed. */
export interface TapPlace {
  readonly kind: TapKind;
  readonly ifindex: number;
  /** Network namespace that it is in; undefined for podflow's own. */
  readonly namespacePath: string | undefined;
  /** Asks that namespace. */
  readonly monitor: LinkMonitor;
  readonly description: ObservationPoint;
  /** It was made while we looked. */
  readonly isNew: boolean;
  /** Called when the tap is closed. */
  readonly onClose?: (() => void) | undefined;
}

export interface TapFactoryOptions {
  /** The host's network namespace, undefined for podflow's own. */
  readonly namespacePath: string | undefined;
  /** Tunnels that are looked into at the uplinks; never at pods, which could forge what is inside. */
  readonly decapsulate?: readonly TunnelPort[] | undefined;
}

/** Puts sockets at interfaces. */
export class TapFactory {
  readonly #program: FlowProgram;
  readonly #programs: NumberedPrograms;
  readonly #taps: InterfaceTaps;
  readonly #log: Log;
  readonly #hostNamespacePath: string | undefined;
  readonly #decapsulate: readonly TunnelPort[];
  #failures = 0;
  #framesBeforeAttach = 0;

  constructor(program: FlowProgram, options: TapFactoryOptions, taps: InterfaceTaps, log: Log) {
    this.#program = program;
    this.#programs = new NumberedPrograms(program);
    this.#hostNamespacePath = options.namespacePath;
    this.#decapsulate = options.decapsulate ?? [];
    this.#taps = taps;
    this.#log = log;
  }

  get failures(): number {
    return this.#failures;
  }

  get framesBeforeAttach(): number {
    return this.#framesBeforeAttach;
  }

  /** @throws PodflowError when no interface of the host may be looked at */
  checkRight(): void {
    new FilterSocket(this.#program, this.#hostNamespacePath).close();
  }

  /** Begins to observe; undefined when the interface is gone again, or when it failed, which is counted. */
  open(place: TapPlace): InterfaceTap | undefined {
    try {
      return this.#open(place);
    } catch (error) {
      if (place.monitor.readIndex(place.ifindex) === undefined) return undefined;
      this.#failures++;
      const { interfaceName } = place.description;
      this.#log.warn({ err: error, interface: interfaceName }, 'an interface cannot be observed');
      return undefined;
    }
  }

  #open(place: TapPlace): InterfaceTap {
    const { ifindex, kind, onClose } = place;
    const own = this.#takeOwn(place);
    const onForget = own === undefined ? undefined : (): void => this.#programs.giveBack(own);
    try {
      const { socket, base } = this.#attach(own?.program ?? this.#program, place);
      if (place.isNew) this.#framesBeforeAttach += base.rxFrames + base.txFrames;
      const tap = new InterfaceTap({ kind, ifindex, point: own?.point ?? ifindex, socket, base, onClose, onForget });
      this.#taps.add(tap, place.description);
      return tap;
    } catch (error) {
      onForget?.();
      throw error;
    }
  }

  /** An interface of the host counts under its index, which the kernel gives anew once it is gone, often at once. */
  #takeOwn({ kind, ifindex }: TapPlace): NumberedProgram | undefined {
    const decapsulate = kind === 'uplink' ? this.#decapsulate : [];
    const hasIndex = kind !== 'pod' && this.#taps.points.isFree(ifindex);
    return hasIndex && decapsulate.length === 0 ? undefined : this.#programs.take(decapsulate);
  }

  /** The counters are read right before: what passes in between is told as missed, not hidden. */
  #attach(program: FlowProgram, place: TapPlace): { socket: FilterSocket; base: FrameCounts } {
    const socket = new FilterSocket(program, place.namespacePath, COPY_BUFFER_BYTES);
    try {
      const base = place.monitor.readIndex(place.ifindex) ?? NOTHING_COUNTED;
      socket.bind(place.ifindex);
      return { socket, base };
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** Once no socket carries a program any more. */
  close(): void {
    this.#programs.close();
  }
}
