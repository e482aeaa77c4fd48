import type { FrameDirection } from '../packet/packet-aggregator.ts';
import type { LinkType } from '../packet/link-type.ts';
import type { ByteWindow } from './byte-window.ts';

/** Longest record or block that is read into memory; snapshot lengths in use end at 256 KiB. */
export const LONGEST_RECORD_BYTES = 2 ** 24;

/** One packet of a capture file; used again for each. */
export class CapturedFrame {
  /** Captured bytes, offsets in the window. */
  start = 0;
  end = 0;
  originalBytes = 0;
  /** Whole seconds since the Unix epoch, and nanoseconds within. */
  seconds = 0;
  nanoseconds = 0;
  /** undefined: a kind of link that podflow does not decode. */
  linkType: LinkType | undefined;
  direction: FrameDirection | undefined;
}

/**
 * `frame`: there was a packet, it is in the frame given. `other`: something else, such as a block of names.
 * `more`: `neededBytes` must be in the window. `broken`: `problem` says why the file cannot be read further.
 */
export type ReadStep = 'frame' | 'other' | 'more' | 'broken';

/** Parses one capture format step by step, without reading files itself. */
export interface CaptureReader {
  /** Bytes that the last `frame` or `other` took; of things that are skipped it may be more than the window has. */
  readonly consumedBytes: number;
  readonly neededBytes: number;
  readonly problem: string;
  /** Parses what begins at `window.start`. Never throws. */
  next(window: ByteWindow, frame: CapturedFrame): ReadStep;
}
