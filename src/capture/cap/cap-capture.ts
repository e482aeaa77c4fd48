import type { LinkType } from '../packet/link-type.ts';
import type { CaptureSettings } from './cap-messages.ts';
import { CapSession, SNAPLEN_BYTES } from './cap-session.ts';
import { TurnGuard } from './turn-guard.ts';

/** How long frames may keep the event loop before what is in the ring is given up, and what it gets then. */
const LONGEST_TURN_MS = 250;
const PAUSE_MS = 10;

/** Takes the frame at the beginning of `buffer`, which is written over after the call. */
export type FrameTaker = (buffer: Uint8Array, capturedBytes: number, linkType: LinkType, nowMs: number) => void;

/**
 * Captures an interface. Under a flood it closes and opens again, so that the event loop gets its turn: what was in the
 * ring is lost, and shows in the difference to the interface's counters.
 */
export class CapCapture {
  readonly #settings: CaptureSettings;
  readonly #take: FrameTaker;
  readonly #buffer = Buffer.alloc(SNAPLEN_BYTES);
  readonly #turn = new TurnGuard(LONGEST_TURN_MS);
  #session: CapSession | undefined;
  #floods = 0;

  constructor(settings: CaptureSettings, take: FrameTaker) {
    this.#settings = settings;
    this.#take = take;
  }

  /** @throws PodflowError as CapSession does */
  open(): void {
    const { interfaceName, namespacePath, ringBytes } = this.#settings;
    const onFrame = (capturedBytes: number): void => this.#onFrame(capturedBytes);
    this.#session = new CapSession(interfaceName, namespacePath, this.#buffer, ringBytes, onFrame);
  }

  /** How often frames came too fast since the last call. */
  takeFloodCount(): number {
    const floods = this.#floods;
    this.#floods = 0;
    return floods;
  }

  #onFrame(capturedBytes: number): void {
    if (this.#session === undefined) return;
    const nowMs = performance.now();
    this.#take(this.#buffer, capturedBytes, this.#session.linkType, nowMs);
    if (!this.#turn.isOverlong(nowMs)) return;
    this.#floods++;
    this.#session.close();
    this.#session = undefined;
    // A failure ends the process; its backend starts another.
    setTimeout(() => this.open(), PAUSE_MS);
  }
}
