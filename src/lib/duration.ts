const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const FORM = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/** Milliseconds of a duration such as `500ms`, `20s`, `1.5m` or `1h`; undefined where the text is none. */
export function parseDurationMs(text: string): number | undefined {
  const [, amount, unit] = FORM.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  return Math.round(Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]);
}
