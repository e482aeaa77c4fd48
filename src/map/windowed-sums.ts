/** Slots that a window is cut into: its grain, and what a sum costs in memory. */
export const WINDOW_SLOTS = 30;

/** Two counts over a sliding window of slots; a slot is a number, time divided by a slot's length. */
export class WindowedSums {
  readonly #connections = new Float64Array(WINDOW_SLOTS);
  readonly #packets = new Float64Array(WINDOW_SLOTS);
  readonly #slots = new Float64Array(WINDOW_SLOTS).fill(-Infinity);

  add(slot: number, connections: number, packets: number): void {
    const at = slot % WINDOW_SLOTS;
    if (this.#slots[at] !== slot) {
      this.#slots[at] = slot;
      this.#connections[at] = 0;
      this.#packets[at] = 0;
    }
    this.#connections[at]! += connections;
    this.#packets[at]! += packets;
  }

  /** The sums of the slots from one on. */
  since(slot: number): { readonly connections: number; readonly packets: number } {
    let [connections, packets] = [0, 0];
    for (let at = 0; at < WINDOW_SLOTS; at++) {
      if (this.#slots[at]! < slot) continue;
      connections += this.#connections[at]!;
      packets += this.#packets[at]!;
    }
    return { connections, packets };
  }
}
