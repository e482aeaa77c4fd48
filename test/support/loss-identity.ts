import type { CaptureCounters } from '../../src/model/capture.ts';

export interface FrameSums {
  readonly frames: number;
  readonly bytes: number;
}

/** The left side of the capture's loss identity: what a backend says became of each frame. */
export function toAccounted(counters: CaptureCounters): FrameSums {
  return {
    frames: counters.attributedFrames + counters.unattributedFrames + counters.nonIpFrames + counters.missedFrames,
    bytes: counters.attributedBytes + counters.unattributedBytes + counters.nonIpBytes + counters.missedBytes,
  };
}
