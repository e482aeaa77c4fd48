/** A bar beside what was measured. A value that could not be measured is NaN here and null in the JSON report. */
export type Goal =
  | { readonly atMost: number; readonly value: number; readonly met: boolean }
  | { readonly atLeast: number; readonly value: number; readonly met: boolean };

/** Met when the value is the bar or below; never by a value that is no number. */
export function atMost(bar: number, value: number): Goal {
  return { atMost: bar, value, met: value <= bar };
}

/** Met when the value is the bar or above; never by a value that is no number. */
export function atLeast(bar: number, value: number): Goal {
  return { atLeast: bar, value, met: value >= bar };
}
