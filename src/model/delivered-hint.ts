import type { FlowRecord } from './flow-record.ts';

/** Where packets of a flow went after translation, though no connection came of it. */
export interface DeliveredHint {
  readonly destinationAddress: string;
  readonly destinationPort: number | undefined;
  /** Community ID v1 of the delivered tuple. */
  readonly communityId: string;
}

/**
 * What is known of translated packets that conntrack forgets: an entry is confirmed when its first packet leaves the
 * node, so one that is dropped on the way (by a policy in FORWARD, after a Service's DNAT) has none.
 */
export interface DeliveredHints {
  /** What became of the source's packets; undefined when nothing is known, or more than one thing. */
  resolve(record: FlowRecord): DeliveredHint | undefined;
}
