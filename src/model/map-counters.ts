/** What the map of who talks to whom holds, and what it could not tell apart, since it started. */
export interface MapCounters {
  /** Pods, addresses and workloads known now. */
  readonly parties: number;
  readonly edges: number;
  /** Connections that found their end or pair full and count for the workload, or for `other`. */
  readonly overflowConnections: number;
  /** Connections of intervals that the window has left behind; they are not in the map. */
  readonly lateConnections: number;
}
