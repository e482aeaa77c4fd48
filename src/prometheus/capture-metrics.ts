import type { Registry } from 'prom-client';
import type { CaptureCounters } from '../model/capture.ts';
import { METRICS } from './metric-list.ts';
import { registerGroup } from './register-group.ts';

/** Shows what the capture saw and missed; a file has no interface counters and shows none. */
export function registerCaptureMetrics(registry: Registry, read: () => CaptureCounters): void {
  const { captureFrames, captureBytes, captureInterfaceFrames, captureInterfaceBytes } = METRICS;
  const { captureTaggedFrames, captureCopiedPackets, captureCopyLostPackets } = METRICS;
  const group = [captureFrames, captureBytes, captureInterfaceFrames, captureInterfaceBytes];
  const copied = [captureTaggedFrames, captureCopiedPackets, captureCopyLostPackets];
  registerGroup(registry, [...group, ...copied], (report) => {
    const counters = read();
    for (const [outcome, frames, bytes] of toOutcomes(counters)) {
      report(captureFrames, { outcome }, frames);
      report(captureBytes, { outcome }, bytes);
    }
    report(captureInterfaceFrames, {}, counters.interfaceFrames);
    report(captureInterfaceBytes, {}, counters.interfaceBytes);
    report(captureTaggedFrames, {}, counters.taggedFrames);
    report(captureCopiedPackets, {}, counters.copiedPackets);
    report(captureCopyLostPackets, {}, counters.copyLostPackets);
  });
}

function toOutcomes(counters: CaptureCounters): readonly (readonly [string, number, number])[] {
  return [
    ['attributed', counters.attributedFrames, counters.attributedBytes],
    ['unattributed', counters.unattributedFrames, counters.unattributedBytes],
    ['non_ip', counters.nonIpFrames, counters.nonIpBytes],
    ['missed', counters.missedFrames, counters.missedBytes],
  ];
}
