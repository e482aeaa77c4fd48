const DIGITS = 4;

/** A number for people: four significant digits, but none that only rounding would make whole is told as whole. */
export function toNumberText(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 10 ** DIGITS) return String(Math.round(value));
  const short = Number(value.toPrecision(DIGITS));
  return String(Number.isInteger(short) ? value : short);
}
