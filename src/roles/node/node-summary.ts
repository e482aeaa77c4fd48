import type { RoleContext } from '../../model/role-context.ts';
import type { OtlpReceiveCounters } from '../../model/otlp-receive-counters.ts';
import type { KernelDropCounters } from '../../model/kernel-drop-counters.ts';
import type { NodeParts } from './node-metrics.ts';

/** The one JSON line that `--json` asks for: what was seen, how it is accounted for, and what conntrack said of it. */
export function writeNodeSummary(
  stdout: RoleContext['stdout'],
  { nat, drops, capture, intake, outputs }: NodeParts,
): void {
  const observed =
    capture === undefined ? {} : { capture: capture.backend.counters(), flows: capture.pipeline.counters() };
  const relayedFrames = intake?.answeredFrames ?? 0;
  const otherStages = (intake?.stages ?? []).map((stage) => ({
    name: stage.name,
    account: () => stage.account(),
    handedFrames: intake?.decodedFrames ?? 0,
  }));
  outputs.writeSummary(
    stdout,
    { ...observed, relayedFrames, otherStages },
    {
      nat: nat.translator.counters(),
      conntrack: nat.mirror.counters(),
      ...(drops === undefined ? {} : { kernelDrops: toKernelDrops(drops.counters()) }),
      ...(intake === undefined ? {} : { received: toReceived(intake.receiveCounters()) }),
      ...(capture === undefined ? {} : { interfaces: capture.backend.nodeCounters() }),
    },
  );
}

function toReceived({ requestsByStatus, ...counters }: OtlpReceiveCounters): object {
  return { ...counters, requestsByStatus: Object.fromEntries(requestsByStatus) };
}

function toKernelDrops({ packetsByReason, skippedPackets, records }: KernelDropCounters): object {
  return { packetsByReason: Object.fromEntries(packetsByReason), skippedPackets, records };
}
