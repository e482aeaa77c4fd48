/**
 * What went wrong in an interval of a flow, whether or not it got through. A record holds a set of them as bits; bit
 * i stands for `FLOW_SYMPTOMS[i]`.
 */
export const FLOW_SYMPTOMS = [
  /** An RST after the connection was established; whose, the TCP flags tell. */
  'reset',
  /** One side repeated many segments. */
  'retransmission_burst',
  /** One side announced that it takes no more (RFC 9293 §3.8.6.1). */
  'zero_window',
  /** Unicast UDP that one side alone sent. */
  'unanswered',
  /** A router asked for smaller packets (RFC 1191, RFC 8201); `flow.icmp.mtu` says how small. */
  'packet_too_big',
] as const;
export type FlowSymptom = (typeof FLOW_SYMPTOMS)[number];

export const SYMPTOM_BIT: Readonly<Record<FlowSymptom, number>> = {
  reset: 1,
  retransmission_burst: 2,
  zero_window: 4,
  unanswered: 8,
  packet_too_big: 16,
};

/** The names in each set of symptoms, by its bits. */
const SETS: readonly (readonly FlowSymptom[])[] = Array.from({ length: 1 << FLOW_SYMPTOMS.length }, (_, bits) =>
  FLOW_SYMPTOMS.filter((symptom) => (bits & SYMPTOM_BIT[symptom]) !== 0),
);
const TEXTS: readonly string[] = SETS.map((names) => names.join(','));
const BITS_OF_TEXT: ReadonlyMap<string, number> = new Map(TEXTS.map((text, bits) => [text, bits]));

/** The names of a set, in the order of `FLOW_SYMPTOMS`. */
export function toSymptoms(bits: number): readonly FlowSymptom[] {
  return SETS[bits] ?? [];
}

/** `reset,zero_window`; undefined of the empty set. */
export function toSymptomText(bits: number): string | undefined {
  return TEXTS[bits] || undefined;
}

/**
 * The bits of a text that `toSymptomText` made; names in another order, or of a later version, are taken one by one.
 * None of an absent text.
 */
export function parseSymptoms(text: string | undefined): number {
  if (text === undefined) return 0;
  const known = BITS_OF_TEXT.get(text);
  if (known !== undefined) return known;
  let bits = 0;
  for (const name of text.split(',')) bits |= BITS_OF_TEXT.get(name.trim()) ?? 0;
  return bits;
}
