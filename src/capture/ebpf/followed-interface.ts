import type { Log } from '../../lib/log.ts';
import type { Link } from '../interface/decode-link.ts';
import { InterfaceWatch } from '../interface/interface-watch.ts';
import type { LinkMonitor } from '../interface/link-monitor.ts';
import type { FrameTotals } from '../missed-frames.ts';
import { FilterSocket } from './filter-socket.ts';
import type { FlowProgram } from './flow-program.ts';
import type { ObservedInterfaces } from './kernel-capture.ts';

/** One interface by its name: observed anew when it was deleted and made again. */
export class FollowedInterface implements ObservedInterfaces {
  readonly #monitor: LinkMonitor;
  readonly #watch: InterfaceWatch;
  readonly #socket: FilterSocket;
  readonly #name: string;
  readonly #log: Log;
  #lostCopies = 0;
  #isClosed = false;

  /**
   * Begins to observe.
   * @param monitor of its network namespace; closed with it
   * @throws PodflowError CAPTURE_RIGHT_MISSING
   */
  constructor(program: FlowProgram, namespacePath: string | undefined, monitor: LinkMonitor, link: Link, log: Log) {
    this.#monitor = monitor;
    this.#name = link.name;
    this.#log = log;
    this.#socket = new FilterSocket(program, namespacePath);
    this.#watch = new InterfaceWatch(monitor, monitor.read(link.name) ?? link);
    this.#socket.bind(link.ifindex);
  }

  poll(): void {
    if (this.#watch.poll() !== 'replaced') return;
    this.#log.info({ interface: this.#name, ifindex: this.#watch.ifindex }, 'interface is back');
    this.#socket.bind(this.#watch.ifindex);
  }

  totals(): FrameTotals {
    return this.#watch.totals();
  }

  readCopies(take: (packet: Buffer, point: number) => void): number {
    return this.#socket.readCopies(take);
  }

  lostCopies(): number {
    if (!this.#isClosed) this.#lostCopies = this.#socket.lostPackets();
    return this.#lostCopies;
  }

  close(): void {
    // The kernel's count of lost copies goes with the socket.
    this.lostCopies();
    this.#isClosed = true;
    this.#socket.close();
    this.#monitor.close();
  }
}
