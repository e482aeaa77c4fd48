import type { CaptureCounters } from '../../src/model/capture.ts';
import type { FlowCounters } from '../../src/model/flow-counters.ts';
import type { OtlpCounters } from '../../src/model/otlp-counters.ts';
import type { OtlpReceiveCounters } from '../../src/model/otlp-receive-counters.ts';

/** Counters in which each number stands for one thing. */
export const CAPTURE_COUNTERS: CaptureCounters = {
  attributedFrames: 900,
  attributedBytes: 90_000,
  unattributedFrames: 50,
  unattributedBytes: 5_000,
  nonIpFrames: 30,
  nonIpBytes: 1_800,
  missedFrames: 20,
  missedBytes: 2_000,
  interfaceFrames: 1_000,
  interfaceBytes: 98_800,
  taggedFrames: 3,
  copiedPackets: 12,
  copyLostPackets: 1,
};

export const FLOW_COUNTERS: FlowCounters = {
  activeFlows: 7,
  endedByReason: {
    idle_timeout: 1,
    active_timeout: 2,
    end_of_flow_detected: 3,
    forced_end: 4,
    lack_of_resources: 5,
  },
  reportedFrames: 850,
  tableFullFrames: 50,
  tableFullFlows: 9,
};

export const OTLP_COUNTERS: OtlpCounters = {
  requestsByOutcome: { sent: 5, retry: 2, rejected: 1 },
  retries: 2,
  queueRecords: 40,
  sentBytes: 123_456,
  sentRecords: 5_000,
  lastSuccessMs: 1_795_258_800_250,
};

export const RECEIVE_COUNTERS: OtlpReceiveCounters = {
  requestsByStatus: new Map([
    [200, 70],
    [404, 1],
  ]),
  abortedRequests: 2,
  receivedBytes: 9_000,
  flowRecords: 300,
  otherRecords: 4,
  ignoredAttributes: { wrong_type: 1, unknown_word: 2, out_of_range: 3, too_long: 4 },
  runningRequests: 1,
  heldBytes: 100,
};
