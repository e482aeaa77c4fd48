import type { OtlpOutcome } from './otlp-counters.ts';

/** Why a known attribute of a flow record was left aside: its value cannot stand in a record. It is passed on as it is. */
export type IgnoredAttribute = 'wrong_type' | 'unknown_word' | 'out_of_range' | 'too_long';

/** Counters of the OTLP receiver since it started; its records are in its stage account. */
export interface OtlpReceiveCounters {
  /** Answers by HTTP status. */
  readonly requestsByStatus: ReadonlyMap<number, number>;
  /** Requests whose sender went away before it could be answered. */
  readonly abortedRequests: number;
  /** Bodies as they came over the wire, refused ones as far as they were read. */
  readonly receivedBytes: number;
  /** Log records of decoded requests: flows, and others, which are passed on untouched. */
  readonly flowRecords: number;
  readonly otherRecords: number;
  readonly ignoredAttributes: Readonly<Record<IgnoredAttribute, number>>;
  /** Requests that are being read, decoded or handed on now, and the memory that they hold. */
  readonly runningRequests: number;
  readonly heldBytes: number;
}

/** Counters of the relay to the next receiver since it started. */
export interface OtlpRelayCounters {
  readonly requestsByOutcome: Readonly<Record<OtlpOutcome, number>>;
  /** Requests sent back because too many waited. */
  readonly refusedRequests: number;
  /** Requests under way to the next receiver, and those that wait for their turn. */
  readonly inFlightRequests: number;
  readonly waitingRequests: number;
  /** Bodies of taken requests, as they went over the wire. */
  readonly sentBytes: number;
}
