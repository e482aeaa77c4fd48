const BYTE_UNITS = [' B', ' kB', ' MB', ' GB', ' TB', ' PB'];
const COUNT_UNITS = ['', 'k', 'M', 'G', 'T', 'P'];
const TIME_UNITS = [' ns', ' µs', ' ms'];

/** `74 B`, `1.2 kB`, `35 MB`: two or three digits, SI units. */
export function toByteText(byteCount: number): string {
  return toUnitText(byteCount, BYTE_UNITS);
}

/** `74`, `1.2k`, `35M`. */
export function toCountText(count: number): string {
  return toUnitText(count, COUNT_UNITS);
}

/** `350 ns`, `1.2 ms`, `2.5 s`. */
export function toDurationText(durationNs: number): string {
  if (Math.round(durationNs / 1e6) >= 1_000) return `${toDigits(durationNs / 1e9)} s`;
  return toUnitText(durationNs, TIME_UNITS);
}

function toUnitText(value: number, units: readonly string[]): string {
  let scaled = value;
  let unit = 0;
  while (Math.round(scaled) >= 1_000 && unit < units.length - 1) {
    scaled /= 1_000;
    unit++;
  }
  return `${unit === 0 ? Math.round(scaled) : toDigits(scaled)}${units[unit]}`;
}

/** One decimal below 10, none above. */
function toDigits(value: number): string {
  return value.toFixed(value < 9.95 ? 1 : 0);
}
