import type { IncomingMessage } from 'node:http';
import type { ClusterAccess, ClusterTarget } from './cluster-access.ts';
import { collectBody } from './read-body.ts';
import type { ResourceRequest } from './resource-request.ts';
import { sendRequest } from './send-request.ts';
import { toTrouble, type ApiStatus, type Trouble } from './trouble.ts';
import type { WatchTiming } from './watch-timing.ts';

/** A 200 answer whose body is yet to be read. */
export interface OpenAnswer {
  readonly kind: 'answer';
  readonly response: IncomingMessage;
}

const MOST_STATUS_BYTES = 64 * 1024;
/** A configuration that leads to no server is read again this often: the server may have moved. */
const RELOAD_MS = 60_000;

/** Asks one API server. Every outcome is a value. */
export class ApiClient {
  readonly #access: ClusterAccess;
  readonly #timing: Pick<WatchTiming, 'answerMs' | 'idleMs'>;
  readonly #onAnswer: () => void;

  /** @param onAnswer told of every answer, whatever it says: the server is there */
  constructor(access: ClusterAccess, timing: Pick<WatchTiming, 'answerMs' | 'idleMs'>, onAnswer: () => void) {
    this.#access = access;
    this.#timing = timing;
    this.#onAnswer = onAnswer;
  }

  /** Credentials that were refused are forgotten, so that the next request has new ones. */
  async get(request: ResourceRequest, signal: AbortSignal): Promise<OpenAnswer | Trouble> {
    const target = await this.#access.prepare();
    if (signal.aborted) return { kind: 'stopped' };
    if (target.kind !== 'target') return target;
    const answer = await this.#send(target, request, signal);
    if (answer.kind === 'unauthorized') this.#access.renew(target.config, 0);
    if (answer.kind === 'unreachable') this.#access.renew(target.config, RELOAD_MS);
    return answer;
  }

  async #send(target: ClusterTarget, request: ResourceRequest, signal: AbortSignal): Promise<OpenAnswer | Trouble> {
    const { answerMs } = this.#timing;
    let answer = await sendRequest(target, request, answerMs, signal);
    // The server may close a kept connection at the moment at which it is used again; each may do so once.
    while (answer.kind === 'stale') answer = await sendRequest(target, request, answerMs, signal);
    if (answer.kind !== 'answer') return answer;
    this.#onAnswer();
    return answer.response.statusCode === 200 ? answer : this.#readStatus(answer.response);
  }

  async #readStatus(response: IncomingMessage): Promise<Trouble> {
    const body = await collectBody(response, this.#timing.answerMs, MOST_STATUS_BYTES);
    const status = body.kind === 'text' ? parseStatus(body.text) : {};
    return toTrouble(response.statusCode ?? 0, status, response.headers['retry-after']);
  }
}

/** Proxies in between answer with text of their own. */
function parseStatus(text: string): ApiStatus {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return { message: text };
  }
}
