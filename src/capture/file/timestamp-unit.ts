const NS_PER_SECOND = 1e9;
/** Remainders are below the unit, and remainder × 2^16 must stay below 2^53. */
const LARGEST_EXACT_UNIT = 2 ** 37;

/** Time as whole seconds and the nanoseconds within. */
export interface SplitTime {
  seconds: number;
  nanoseconds: number;
}

/** Resolution of the timestamps of one pcapng interface: units per second (draft-ietf-opsawg-pcapng §4.2). */
export class TimestampUnit {
  readonly #perSecond: number;
  readonly #offsetSeconds: number;

  /**
   * @param resolution option if_tsresol: a power of ten below a second, or with bit 7 set a power of two
   * @param offsetSeconds option if_tsoffset
   */
  constructor(resolution = 6, offsetSeconds = 0) {
    const exponent = resolution & 0x7f;
    this.#perSecond = (resolution & 0x80) === 0 ? 10 ** exponent : 2 ** exponent;
    this.#offsetSeconds = offsetSeconds;
  }

  /** Splits a 64-bit number of units, given as two words, exactly for units down to 2^-37 s. */
  split(high: number, low: number, time: SplitTime): void {
    const unit = this.#perSecond;
    let seconds: number;
    let rest: number;
    if (unit <= LARGEST_EXACT_UNIT) {
      // Long division, the low word in two digits: the number itself is too large for a double.
      const first = Math.floor(high / unit);
      const second = (high - first * unit) * 0x10000 + (low >>> 16);
      const secondQuotient = Math.floor(second / unit);
      const third = (second - secondQuotient * unit) * 0x10000 + (low & 0xffff);
      const thirdQuotient = Math.floor(third / unit);
      seconds = (first * 0x10000 + secondQuotient) * 0x10000 + thirdQuotient;
      rest = third - thirdQuotient * unit;
    } else {
      const units = high * 2 ** 32 + low;
      seconds = Math.floor(units / unit);
      rest = units - seconds * unit;
    }
    time.seconds = seconds + this.#offsetSeconds;
    time.nanoseconds = toNanoseconds(rest, unit);
  }
}

function toNanoseconds(rest: number, unit: number): number {
  const nsPerUnit = NS_PER_SECOND / unit;
  return Math.min(Math.floor(rest * nsPerUnit), NS_PER_SECOND - 1);
}
