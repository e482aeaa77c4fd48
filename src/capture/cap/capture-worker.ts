import { wallClockNs } from '../../lib/clock.ts';
import { PodflowError } from '../../lib/podflow-error.ts';
import type { DnsMessage } from '../../model/dns-message.ts';
import type { TakeTunnel } from '../packet/decapsulator.ts';
import { LINK_TYPE, type LinkType } from '../packet/link-type.ts';
import { PacketAggregator } from '../packet/packet-aggregator.ts';
import { CapCapture } from './cap-capture.ts';
import { loadCapLibrary } from './cap-library.ts';
import type { CaptureReport, CaptureRequest, CaptureSettings } from './cap-messages.ts';
import { toFrameDirection } from './frame-direction.ts';
import { toOriginalBytes } from './original-length.ts';

const NS_PER_MS = 1e6;
/** DNS messages that wait at most; they are handed over with the next count or drain, some times a second. */
const MAX_DNS_MESSAGES = 256;

/** What the capture process does: counts frames by flow, and hands over when it is asked or has no more room. */
export class CaptureWorker {
  readonly #report: (report: CaptureReport) => void;
  #settings: CaptureSettings | undefined;
  #aggregator: PacketAggregator | undefined;
  #capture: CapCapture | undefined;
  #isHeld = false;
  #dnsMessages: DnsMessage[] = [];

  constructor(report: (report: CaptureReport) => void) {
    this.#report = report;
  }

  /** Loads the package, which takes most of the time to start. */
  load(): void {
    this.#attempt(() => {
      loadCapLibrary();
      this.#report({ kind: 'loaded' });
    });
  }

  handle(request: CaptureRequest): void {
    switch (request.kind) {
      case 'open':
        this.#attempt(() => this.#open(request.settings));
        break;
      case 'count':
        this.#count();
        break;
      case 'drain':
        this.#isHeld = true;
        this.#drain(false);
        break;
      case 'resume':
        this.#isHeld = false;
        break;
    }
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof PodflowError)) throw error;
      this.#report({ kind: 'failed', code: error.code, details: error.details });
    }
  }

  #open(settings: CaptureSettings): void {
    const { maxFlows, uncountedBytes, decapsulate, firstTunnelNumber } = settings;
    const onTunnel: TakeTunnel = (number, tunnel) => this.#report({ kind: 'tunnel', number, tunnel });
    this.#settings = settings;
    this.#aggregator = new PacketAggregator(
      { maxFlows, uncountedBytes, decapsulate, firstTunnelNumber, onTunnel },
      {
        deltas: (batch) => this.#report({ kind: 'deltas', batch }),
        icmpError: (error) => this.#report({ kind: 'icmpError', error }),
        dnsMessage: (message) => this.#takeDnsMessage(message),
      },
    );
    this.#setClockOffset(this.#aggregator);
    this.#capture = new CapCapture(settings, (frame, capturedBytes, linkType, nowMs) =>
      this.#takeFrame(frame, capturedBytes, linkType, nowMs),
    );
    this.#capture.open();
    this.#report({ kind: 'opened' });
  }

  #takeFrame(frame: Uint8Array, capturedBytes: number, linkType: LinkType, nowMs: number): void {
    const { maxFlows, ownAddress } = this.#settings as CaptureSettings;
    const aggregator = this.#aggregator as PacketAggregator;
    // What finds no room while nothing may be handed over is unattributed.
    if (aggregator.flowCount >= maxFlows && !this.#isHeld) this.#drain(true);
    const originalBytes = toOriginalBytes(frame, capturedBytes, linkType);
    const direction = linkType === LINK_TYPE.ethernet ? toFrameDirection(frame, ownAddress) : undefined;
    aggregator.add(frame, 0, capturedBytes, originalBytes, nowMs * NS_PER_MS, linkType, direction);
  }

  #takeDnsMessage(message: DnsMessage): void {
    this.#dnsMessages.push(message);
    if (this.#dnsMessages.length >= MAX_DNS_MESSAGES) this.#handOverDnsMessages();
  }

  #handOverDnsMessages(): void {
    if (this.#dnsMessages.length === 0) return;
    this.#report({ kind: 'dnsMessages', messages: this.#dnsMessages });
    this.#dnsMessages = [];
  }

  #count(): void {
    if (this.#aggregator === undefined || this.#capture === undefined) return;
    this.#handOverDnsMessages();
    this.#report({ kind: 'counted', seen: this.#aggregator.seen, floods: this.#capture.takeFloodCount() });
  }

  #drain(isEarly: boolean): void {
    const aggregator = this.#aggregator;
    if (aggregator === undefined) return;
    this.#setClockOffset(aggregator);
    aggregator.drain();
    this.#handOverDnsMessages();
    this.#report({ kind: 'drained', counters: aggregator.counters(), isEarly });
  }

  /** Taken afresh each time, so that a stepped wall clock is followed. */
  #setClockOffset(aggregator: PacketAggregator): void {
    aggregator.clockOffsetNs = wallClockNs() - performance.now() * NS_PER_MS;
  }
}
