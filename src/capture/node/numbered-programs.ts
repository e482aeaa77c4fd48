import type { TunnelPort } from '../../model/tunnel-port.ts';
import { FlowProgram } from '../ebpf/flow-program.ts';

/** Above every index that the kernel gives to an interface, and below POINT_IS_TUNNEL. */
const FIRST_NUMBER = 0x4000_0000;

/** Instances that are kept for later; more come together only when many pods end at once. */
const MAX_FREE = 8;

/** An instance of the program for one interface, and the number under which it counts that one's frames. */
export interface NumberedProgram {
  readonly point: number;
  readonly program: FlowProgram;
}

/**
 * Instances of the flow program that count into the maps of one, each under a number of its own: for interfaces in other
 * namespaces, and for those whose index still belongs to one that is gone. Loading one takes the kernel tens of
 * milliseconds, so they are used again.
 */
export class NumberedPrograms {
  readonly #owner: FlowProgram;
  readonly #all = new Set<NumberedProgram>();
  readonly #free: NumberedProgram[] = [];
  #next = FIRST_NUMBER;

  constructor(owner: FlowProgram) {
    this.#owner = owner;
  }

  /**
   * One that is not used; those that look into tunnels are made for good.
   * @throws PodflowError CAPTURE_BACKEND_UNAVAILABLE
   */
  take(decapsulate: readonly TunnelPort[]): NumberedProgram {
    const free = decapsulate.length === 0 ? this.#free.pop() : undefined;
    return free ?? this.#load(decapsulate);
  }

  /** Nothing more is told of its number. */
  giveBack(numbered: NumberedProgram): void {
    if (this.#free.length < MAX_FREE) {
      this.#free.push(numbered);
      return;
    }
    this.#all.delete(numbered);
    numbered.program.close();
  }

  close(): void {
    for (const { program } of this.#all) program.close();
  }

  #load(decapsulate: readonly TunnelPort[]): NumberedProgram {
    const point = this.#next++;
    const { mapEntries } = this.#owner;
    const options = { mapEntries, isLoopback: false, points: point, decapsulate, shareMapsOf: this.#owner };
    const numbered = { point, program: FlowProgram.load(options) };
    this.#all.add(numbered);
    return numbered;
  }
}
