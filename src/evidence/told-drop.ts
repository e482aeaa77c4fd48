import type { EvidenceSource } from '../model/drop-evidence.ts';
import type { DropReason } from '../model/drop-reason.ts';
import type { FlowDirection, FlowInitiator } from '../model/flow-record.ts';
import type { MalformedReason, PassedOverReason } from './evidence-counters.ts';

/** Ports of a protocol that has them. */
export interface Ports {
  readonly source: number;
  readonly destination: number;
}

/** What one line says of dropped packets. */
export interface ToldDrop {
  readonly source: EvidenceSource;
  readonly reason: DropReason;
  /** The source's own word. */
  readonly detail: string;
  /** IANA protocol number. */
  readonly protocolNumber: number;
  /** Ends of the dropped packets: 4 or 16 bytes in network order, both of one family. */
  readonly sourceAddress: Uint8Array;
  readonly destinationAddress: Uint8Array;
  readonly ports: Ports | undefined;
  /** First and last packet, nanoseconds since the Unix epoch; undefined where the line tells no time. */
  readonly startNs: number | undefined;
  readonly endNs: number | undefined;
  readonly packets: number | undefined;
  readonly bytes: number | undefined;
  readonly direction: FlowDirection;
  readonly initiator: FlowInitiator;
}

/** What became of a line. */
export type LineOutcome =
  | { readonly kind: 'drop'; readonly drop: ToldDrop }
  | { readonly kind: 'passed_over'; readonly reason: PassedOverReason }
  | { readonly kind: 'malformed'; readonly reason: MalformedReason; readonly problem: string };

export function passOver(reason: PassedOverReason): LineOutcome {
  return { kind: 'passed_over', reason };
}

/** `problem` says what is wrong, in words for the log. */
export function refuse(reason: MalformedReason, problem: string): LineOutcome {
  return { kind: 'malformed', reason, problem };
}
