import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 100;
const ANSWER_MS = 5_000;
/** Longer than the sender keeps a batch that is not full (1 s). */
const QUIET_MS = 1_300;

export interface Received {
  readonly requests: number;
  readonly bytes: number;
}

/** The harness's OTLP receiver; see otlp-receiver-process.ts. */
export class OtlpReceiver {
  readonly endpoint: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<OtlpReceiver> {
    const child = fork(new URL('otlp-receiver-process.ts', import.meta.url), { stdio: 'inherit' });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new OtlpReceiver(child, port);
  }

  /** What came in since the start. */
  async received(): Promise<Received> {
    const answer = once(this.#child, 'message', { signal: AbortSignal.timeout(ANSWER_MS) });
    this.#child.send('tell');
    const [received] = (await answer) as [Received];
    return received;
  }

  /** Resolves when nothing has come in for so long that nothing more is on its way. */
  async untilQuiet(): Promise<void> {
    let { requests } = await this.received();
    for (let quietSinceMs = Date.now(); Date.now() - quietSinceMs < QUIET_MS;) {
      await delay(POLL_MS);
      const now = await this.received();
      if (now.requests === requests) continue;
      requests = now.requests;
      quietSinceMs = Date.now();
    }
  }

  stop(): void {
    this.#child.disconnect();
  }
}
