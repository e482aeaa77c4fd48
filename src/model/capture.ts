import type { DnsMessage } from './dns-message.ts';
import type { FlowDeltaBatch } from './flow-delta.ts';
import type { IcmpError } from './icmp-error.ts';
import type { ObservationPoint } from './observation-point.ts';

export type BackendName = 'ebpf' | 'cap' | 'file';

/** Where a capture backend hands over what it saw. Calls never throw; batches are valid only during the call. */
export interface CaptureSink {
  deltas(batch: FlowDeltaBatch): void;
  icmpError(error: IcmpError): void;
  dnsMessage(message: DnsMessage): void;
  /** Everything up to now was handed over, though the interval goes on (the kernel's map was filling up). */
  drained(nowNs: number): void;
  /**
   * Everything of the interval was handed over. The backend waits for the promise before it hands over more; when
   * `isLast` there is no more: the backend was stopped, or its file has ended.
   */
  intervalEnd(startNs: number, endNs: number, isLast: boolean): Promise<void>;
}

/**
 * Counters since the backend started. The loss identity of a live backend:
 * interface frames = attributed + unattributed + nonIp + missed (and the same for bytes).
 */
export interface CaptureCounters {
  /** Frames handed over in flow deltas. */
  attributedFrames: number;
  attributedBytes: number;
  /** Frames of IP that found no room in the flow map, or whose headers were cut or wrong. */
  unattributedFrames: number;
  unattributedBytes: number;
  /** ARP, LLDP and whatever else is not IP. */
  nonIpFrames: number;
  nonIpBytes: number;
  /** What the interface counted and the backend never saw. */
  missedFrames: number;
  missedBytes: number;
  /** What the interface itself counted since the start (receive + transmit); undefined for files. */
  interfaceFrames: number | undefined;
  interfaceBytes: number | undefined;
  /** Frames received with a VLAN tag: each may be 4 bytes short of what the interface counted. */
  taggedFrames: number;
  /** Packets copied to user space to be read (DNS, ICMP errors), and those lost on the way. */
  copiedPackets: number;
  copyLostPackets: number;
}

/** Looks at one interface, at several, or at a file, and delivers flow deltas. */
export interface CaptureBackend {
  readonly name: BackendName;
  /** Name of the observed interface as records tell it. */
  readonly interfaceName: string;
  /** Begins to look; rejects with a PodflowError when it may not or cannot. */
  start(sink: CaptureSink): Promise<void>;
  /** Stops looking and hands over the rest, ending the running interval. Safe twice. */
  stop(): Promise<void>;
  /** A file backend resolves at the end of the file; a live one never by itself. */
  readonly done: Promise<void>;
  counters(): CaptureCounters;
  /** Names the `point` of a flow key that it handed over; see `PointResolver`. */
  resolvePoint(point: number): ObservationPoint;
}
