const UNIT_BYTES: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Bytes of a size such as `512KiB`, `64MiB` or `4096` (IEC 80000-13 units); undefined when it is none. */
export function parseByteCount(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,12})(KiB|MiB|GiB)?$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (UNIT_BYTES[unit] ?? 1);
}
