/** Where the entries come from: the kernel's netlink interface, or the `conntrack` program. */
export type ConntrackSourceName = 'netlink' | 'command';

export type ConntrackEventKind = 'new' | 'update' | 'destroy';

/** Why all entries were read: the source had just started, events were lost, or as a matter of routine. */
export type DumpReason = 'start' | 'overrun' | 'periodic';

/** Counters of the conntrack mirror since it was made. */
export interface ConntrackCounters {
  /** What is read now; `none` while nothing can be read. */
  readonly source: ConntrackSourceName | 'none';
  /** Every entry was told and no event was lost since. */
  readonly isSynchronised: boolean;
  /** Entries held now, those included that ended within the grace period. */
  readonly entries: number;
  readonly endedEntries: number;
  readonly eventsByKind: Readonly<Record<ConntrackEventKind, number>>;
  /** How often events were lost because they were not read in time; each is followed by a dump. */
  readonly overruns: number;
  readonly dumpsByReason: Readonly<Record<DumpReason, number>>;
  /** Dumps that the kernel called inconsistent (NLM_F_DUMP_INTR) and that were begun again. */
  readonly dumpInterruptions: number;
  /** How long the last dump took; undefined before the first. */
  readonly lastDumpSeconds: number | undefined;
  /** Entries that found no room. */
  readonly tableFull: number;
  /** Ended entries that had to make room before their grace period was over. */
  readonly evictedEntries: number;
  /** Messages or lines that could not be read. */
  readonly malformedMessages: number;
}

/** What became of the records given to the translator. */
export interface NatCounters {
  readonly recordsByState: Readonly<Record<'none' | 'translated' | 'unresolved', number>>;
  /** Records whose ends were swapped because conntrack knows who began. */
  readonly swappedRecords: number;
}
