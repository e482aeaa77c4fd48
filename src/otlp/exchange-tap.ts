import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { readAnswer, type Answer } from './http-answer.ts';

/** What went over the wire during one call; of several answers, the last. */
export interface Exchange {
  /** Status of the answer, undefined while there is none. */
  status: number | undefined;
  /** The whole answer, undefined until it has come. */
  answer: Answer | undefined;
  /** Bytes of the request with its head. */
  requestBytes: number;
}

/** Announced by node:http when the head of a response has come, in the asynchronous context of the request. */
const RESPONSE_CHANNEL = 'http.client.response.finish';

/** Sees the answers to HTTP requests that a library makes during a call, where the library does not tell them. */
export class ExchangeTap {
  readonly #calls = new AsyncLocalStorage<Exchange>();
  readonly #writtenBefore = new WeakMap<Socket, number>();

  constructor() {
    subscribe(RESPONSE_CHANNEL, this.#onResponse);
  }

  /** Makes the call; the exchange fills while what it began runs. */
  watch(call: () => void): Exchange {
    const exchange: Exchange = { status: undefined, answer: undefined, requestBytes: 0 };
    this.#calls.run(exchange, call);
    return exchange;
  }

  close(): void {
    unsubscribe(RESPONSE_CHANNEL, this.#onResponse);
  }

  readonly #onResponse = (message: unknown): void => {
    const exchange = this.#calls.getStore();
    if (exchange === undefined) return;
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    exchange.status = response.statusCode;
    exchange.requestBytes = request.socket === null ? 0 : this.#countWritten(request.socket);
    readAnswer(response, (answer) => (exchange.answer = answer));
  };

  /** Bytes written since the last answer on this kept connection. */
  #countWritten(socket: Socket): number {
    const before = this.#writtenBefore.get(socket) ?? 0;
    this.#writtenBefore.set(socket, socket.bytesWritten);
    return socket.bytesWritten - before;
  }
}
