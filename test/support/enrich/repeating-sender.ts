import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '../wait-for.ts';

export interface RepeatingSenderOptions {
  /** Base URL of an OTLP receiver. */
  readonly url: string;
  /** Requests under way at once, default 32: `num_consumers` of otel/gateway.yaml. */
  readonly inFlight?: number;
  /** How long an answer is waited for, default 30 s, likewise. */
  readonly timeoutMs?: number;
}

const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 1_000;

/** Sends requests as a Collector does from its queue: each until it is acknowledged, however often that takes. */
export class RepeatingSender {
  /** Requests by answer; 0 where none came. */
  readonly statuses = new Map<number, number>();
  acknowledged = 0;
  #added = 0;
  readonly #url: string;
  readonly #timeoutMs: number;
  readonly #limit: number;
  readonly #agent: Agent;
  readonly #waiting: Buffer[] = [];
  #running = 0;
  #isClosed = false;

  constructor({ url, inFlight = 32, timeoutMs = 30_000 }: RepeatingSenderOptions) {
    this.#url = url;
    this.#timeoutMs = timeoutMs;
    this.#limit = inFlight;
    this.#agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  }

  /** Queues a request; never waits. */
  add(...bodies: readonly Buffer[]): void {
    this.#added += bodies.length;
    this.#waiting.push(...bodies);
    this.#fill();
  }

  get unacknowledged(): number {
    return this.#added - this.acknowledged;
  }

  async untilAcknowledged(timeoutMs: number): Promise<void> {
    await waitFor('all requests to be acknowledged', () => this.unacknowledged === 0, timeoutMs);
  }

  /** Resolves when at most so many requests are not acknowledged: for those who make more than can be queued. */
  async untilRoomFor(requests: number, timeoutMs: number): Promise<void> {
    await waitFor('room in the queue', () => this.unacknowledged <= requests, timeoutMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#agent.destroy();
  }

  #fill(): void {
    while (this.#running < this.#limit) {
      const body = this.#waiting.shift();
      if (body === undefined) return;
      this.#running++;
      void this.#send(body).then(() => {
        this.#running--;
        this.#fill();
      });
    }
  }

  async #send(body: Buffer): Promise<void> {
    for (let waitMs = FIRST_WAIT_MS; !this.#isClosed; waitMs = Math.min(waitMs * 2, LAST_WAIT_MS)) {
      const status = await this.#post(body);
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      if (status === 200) return void this.acknowledged++;
      await delay(waitMs);
    }
  }

  #post(body: Buffer): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
    const options = { method: 'POST', agent: this.#agent, headers, signal: AbortSignal.timeout(this.#timeoutMs) };
    const call = request(`${this.#url}/v1/logs`, options, (response) => {
      response
        .resume()
        .once('end', () => resolve(response.statusCode ?? 0))
        .once('close', () => resolve(0));
    });
    call.once('error', () => resolve(0)).end(body);
    return promise;
  }
}
