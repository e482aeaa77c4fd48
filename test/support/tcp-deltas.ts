import { SEEN, TCP_FLAG } from '../../src/model/flow-delta.ts';
import type { DeltaSpec, SentSpec } from './delta-builder.ts';
import { clockNs } from './flow-table-harness.ts';

const { syn, ack, fin, rst, psh } = TCP_FLAG;

/** Two hosts whose client has the higher address, hence side 1, and no port that gives it away. */
const PAIR = { protocol: 6, a: '10.0.0.9', aPort: 40_000, b: '10.0.0.2', bPort: 50_000 } as const;

/** What one end sent between two seconds. */
export function sent(fromSeconds: number, toSeconds: number, rest: Partial<SentSpec> = {}): SentSpec {
  return { frames: 1, firstNs: clockNs(fromSeconds), lastNs: clockNs(toSeconds), ...rest };
}

/** Deltas of TCP connections; `a` is the client. Seconds are those of the harness. */
export const tcp = {
  pair: PAIR,
  syn: (at: number, synCount = 1): DeltaSpec => ({
    ...PAIR,
    fromA: sent(at, at, { frames: synCount, flags: syn, seen: SEEN.syn, synCount, synNs: clockNs(at) }),
  }),
  synAck: (at: number): DeltaSpec => ({
    ...PAIR,
    fromB: sent(at, at, { flags: syn | ack, seen: SEEN.synAck, synNs: clockNs(at) }),
  }),
  refusal: (at: number): DeltaSpec => ({ ...PAIR, fromB: sent(at, at, { flags: rst | ack }) }),
  reset: (at: number): DeltaSpec => ({ ...PAIR, fromB: sent(at, at, { flags: rst }) }),
  opened: (at: number): DeltaSpec => ({
    ...PAIR,
    fromA: sent(at, at + 0.1, { frames: 3, flags: syn | ack | psh, seen: SEEN.syn, synCount: 1, synNs: clockNs(at) }),
    fromB: sent(at + 0.05, at + 0.1, {
      frames: 2,
      flags: syn | ack | psh,
      seen: SEEN.synAck,
      synNs: clockNs(at + 0.05),
    }),
  }),
  data: (at: number): DeltaSpec => ({
    ...PAIR,
    fromA: sent(at, at, { flags: ack | psh }),
    fromB: sent(at, at, { flags: ack }),
  }),
  ackOfClient: (at: number): DeltaSpec => ({ ...PAIR, fromA: sent(at, at, { flags: ack }) }),
  finOfClient: (at: number): DeltaSpec => ({ ...PAIR, fromA: sent(at, at, { flags: fin | ack }) }),
  finOfServer: (at: number): DeltaSpec => ({ ...PAIR, fromB: sent(at, at, { flags: fin | ack }) }),
  closed: (at: number): DeltaSpec => ({
    ...PAIR,
    fromA: sent(at, at, { frames: 2, flags: fin | ack }),
    fromB: sent(at, at, { flags: fin | ack }),
  }),
  /** A whole connection within one delta. */
  short: (at: number): DeltaSpec => ({
    ...PAIR,
    fromA: sent(at, at + 0.1, {
      frames: 4,
      flags: syn | ack | psh | fin,
      seen: SEEN.syn,
      synCount: 1,
      synNs: clockNs(at),
    }),
    fromB: sent(at + 0.05, at + 0.1, {
      frames: 3,
      flags: syn | ack | fin,
      seen: SEEN.synAck,
      synNs: clockNs(at + 0.05),
    }),
  }),
} as const;
