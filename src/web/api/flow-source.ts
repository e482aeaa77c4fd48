import type { Connection } from '../../model/connection.ts';
import type { FlowFilter } from './flow-parameters.ts';

export interface FlowQuery {
  /** Each must hold. */
  readonly filters: readonly FlowFilter[];
  readonly limit: number;
  /** Only flows that came before the one of this number. */
  readonly before: number | undefined;
}

export interface FlowPage {
  /** Newest first; to be read at once. */
  readonly flows: readonly Connection[];
  /** Where older ones go on; undefined where there are none that match. */
  readonly nextBefore: number | undefined;
}

/** Where flows can be looked up. */
export interface FlowSource {
  find(query: FlowQuery): FlowPage;
}
