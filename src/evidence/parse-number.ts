/** Value of a decimal number of digits alone, from 0 to `most`; undefined for anything else. */
export function parseNumber(text: string, most: number): number | undefined {
  if (!/^\d{1,19}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}
