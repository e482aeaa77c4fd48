import type { CaptureCounters } from '../model/capture.ts';

/** Counters of a backend that has not seen anything yet. */
export const NO_COUNTS: Readonly<CaptureCounters> = {
  attributedFrames: 0,
  attributedBytes: 0,
  unattributedFrames: 0,
  unattributedBytes: 0,
  nonIpFrames: 0,
  nonIpBytes: 0,
  missedFrames: 0,
  missedBytes: 0,
  interfaceFrames: 0,
  interfaceBytes: 0,
  taggedFrames: 0,
  copiedPackets: 0,
  copyLostPackets: 0,
};
