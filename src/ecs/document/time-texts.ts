/** Seconds whose texts are kept, a power of two: start, end and interval of a record lie in several. */
const RING_SECONDS = 64;
const NS_PER_SECOND = 1e9;
const NS_PER_MS = 1e6;
/** Ends of milliseconds 0 to 999: `.000Z"`. */
const MILLISECONDS = Array.from({ length: 1000 }, (_, ms) => `.${ms.toString().padStart(3, '0')}Z"`);

/** Times as JSON texts with milliseconds (`"2026-11-21T01:00:06.250Z"`), of which the seconds are made once. */
export class TimeTexts {
  readonly #seconds = new Float64Array(RING_SECONDS).fill(-1);
  readonly #texts: string[] = Array.from({ length: RING_SECONDS }, () => '');

  /**
   * Exact until 2116, from when on not every second is a double in nanoseconds; then within 1 ms.
   *
   * @param timeNs nanoseconds since the Unix epoch, from 0 to the greatest int64
   */
  toJson(timeNs: number): string {
    const second = Math.floor(timeNs / NS_PER_SECOND);
    const ms = Math.floor((timeNs - second * NS_PER_SECOND) / NS_PER_MS);
    const slot = second % RING_SECONDS;
    if (this.#seconds[slot] !== second) this.#fill(slot, second);
    return (this.#texts[slot] as string) + (MILLISECONDS[Math.min(999, Math.max(0, ms))] as string);
  }

  #fill(slot: number, second: number): void {
    this.#seconds[slot] = second;
    this.#texts[slot] = `"${new Date(second * 1000).toISOString().slice(0, -'.000Z'.length)}`;
  }
}
