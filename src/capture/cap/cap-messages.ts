import type { ErrorCode } from '../../lib/error-catalogue.ts';
import type { DnsMessage } from '../../model/dns-message.ts';
import type { FlowDeltaBatch } from '../../model/flow-delta.ts';
import type { IcmpError } from '../../model/icmp-error.ts';
import type { Tunnel } from '../../model/observation-point.ts';
import type { TunnelPort } from '../../model/tunnel-port.ts';
import type { FrameTotals } from '../missed-frames.ts';
import type { PacketCounters } from '../packet/packet-aggregator.ts';

/** What the capture process is to look at, and how. */
export interface CaptureSettings {
  readonly interfaceName: string;
  readonly namespacePath: string | undefined;
  readonly ringBytes: number;
  readonly maxFlows: number;
  /** Bytes of each frame that the interface does not count. */
  readonly uncountedBytes: number;
  /** Source address of frames that go out; undefined where that does not tell them. */
  readonly ownAddress: Uint8Array | undefined;
  /** Tunnels to look into. */
  readonly decapsulate: readonly TunnelPort[];
  /** Numbers below were given to tunnels by processes before. */
  readonly firstTunnelNumber: number;
}

/** From the backend to its capture process. */
export type CaptureRequest =
  | { readonly kind: 'open'; readonly settings: CaptureSettings }
  /** Tell how many frames were seen. */
  | { readonly kind: 'count' }
  /** Hand over all that was counted, and then nothing more until `resume`. */
  | { readonly kind: 'drain' }
  | { readonly kind: 'resume' };

/** From the capture process to its backend. */
export type CaptureReport =
  /** The package is loaded; `open` may come. */
  | { readonly kind: 'loaded' }
  | { readonly kind: 'opened' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly details: Readonly<Record<string, unknown>> }
  /** Before the first flow in it. */
  | { readonly kind: 'tunnel'; readonly number: number; readonly tunnel: Tunnel }
  | { readonly kind: 'deltas'; readonly batch: FlowDeltaBatch }
  | { readonly kind: 'icmpError'; readonly error: IcmpError }
  /** Some at a time: a message to the backend costs more than what it carries. */
  | { readonly kind: 'dnsMessages'; readonly messages: readonly DnsMessage[] }
  | { readonly kind: 'counted'; readonly seen: FrameTotals; readonly floods: number }
  /** The answer to `drain`; `isEarly`: without being asked, because the flow map was full. */
  | { readonly kind: 'drained'; readonly counters: PacketCounters; readonly isEarly: boolean };
