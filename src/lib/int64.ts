const LIMIT = 2 ** 63;

/** Whether a double, its fraction cut off, is an int64 (a protobuf `int64`, an OTLP `intValue`). */
export function isInt64(value: number): boolean {
  const whole = Math.trunc(value);
  return whole >= -LIMIT && whole < LIMIT;
}

/** Decimal text of an int64 as OTLP/JSON has it: every digit of the double, its fraction cut off. */
export function toInt64Text(value: number): string {
  const whole = Math.trunc(value);
  return Number.isSafeInteger(whole) ? String(whole) : BigInt(whole).toString();
}
