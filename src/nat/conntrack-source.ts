import type { ConntrackEventKind, ConntrackSourceName } from '../model/conntrack-counters.ts';
import type { ConntrackEntry } from './conntrack-entry.ts';
import type { EventTime } from './family-table.ts';

/** Where a source hands over what it hears. Calls never throw; entry and time are valid only during the call. */
export interface ConntrackEvents {
  event(kind: ConntrackEventKind, entry: ConntrackEntry, time: EventTime): void;
  /** Events were lost: only a dump can tell what is there now. */
  lost(): void;
  /** A message or line could not be read. */
  malformed(): void;
  /** The source has come to its end. */
  failed(reason: string): void;
}

/** `interrupted`: the kernel says that the dump is not consistent, so that it should be repeated. */
export type DumpOutcome = 'complete' | 'interrupted' | 'failed';

/** A way to hear of the conntrack entries of one network namespace. May be started again after `stop`. */
export interface ConntrackSource {
  readonly name: ConntrackSourceName;
  /**
   * Begins to listen; from its resolution on every event is told, or its loss.
   * @throws PodflowError when this source cannot work here
   */
  start(events: ConntrackEvents): Promise<void>;
  /** Tells every entry that the kernel has, while events go on. */
  dump(take: (entry: ConntrackEntry) => void): Promise<DumpOutcome>;
  /** Resolves when the events of what happened before the call have been told. */
  settle(): Promise<void>;
  /** Tells at once what events wait, as far as this can be done, in at most `budgetMs`. */
  catchUp(budgetMs: number): void;
  /** Everything that happened before this time (monotonic ms) has been told. */
  readonly toldUntilMs: number;
  /** Safe twice. */
  stop(): Promise<void>;
}
