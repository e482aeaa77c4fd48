import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NameFeed } from '../name-feed.ts';
import type { ApiClient } from './api-client.ts';
import { parseObjectPage, type ObjectPage } from './parse-object-page.ts';
import { collectBody } from './read-body.ts';
import { toListRequest } from './resource-request.ts';
import type { Trouble } from './trouble.ts';
import type { WatchedResource } from './watched-resources.ts';

/** A whole list is in. */
export interface Listed {
  readonly kind: 'listed';
  /** From which a watch goes on. */
  readonly resourceVersion: string;
  readonly objects: number;
}

export interface ListOptions {
  readonly client: ApiClient;
  readonly feed: NameFeed;
  /** Objects a page, at most. */
  readonly pageSize: number;
  /** How long nothing may come. */
  readonly idleMs: number;
}

/**
 * A page is meant to hold about this much: to parse it takes 2 ms, and what it leaves behind dies young, which keeps the
 * garbage collector's pauses short too. Only kinds with large objects, pods above all, come in pages smaller than asked.
 */
const WANTED_PAGE_BYTES = 512 * 1024;
const MOST_PAGE_BYTES = 256 * 1024 * 1024;
const LEAST_PAGE_SIZE = 10;

/**
 * Lists all objects of a kind into the feed, page by page, with a turn of the event loop between any two pieces of work.
 * A round that met trouble goes on with the same page when it is run again; one that is given up takes nothing away of
 * what was known (`NameFeed`).
 */
export class ListRound {
  readonly #resource: WatchedResource;
  readonly #options: ListOptions;
  #limit: number;
  #objects = 0;
  #resourceVersion = '';
  #continueToken = '';

  constructor(resource: WatchedResource, options: ListOptions) {
    this.#resource = resource;
    this.#options = options;
    this.#limit = options.pageSize;
    options.feed.beginReplace(resource.kind);
  }

  /** Asks for the pages that are not in yet. After `expired` and `garbled` the round is of no more use. */
  async run(signal: AbortSignal): Promise<Listed | Trouble> {
    const { feed } = this.#options;
    do {
      const body = await this.#readPage(signal);
      if (body.kind !== 'text') return body;
      const page = parseObjectPage(body.text);
      if (page === undefined) return { kind: 'garbled', reason: 'the answer is no list' };
      await nextTurn();
      this.#take(page, body.text.length);
      await nextTurn();
    } while (this.#continueToken !== '');
    feed.endReplace(this.#resource.kind, Date.now());
    return { kind: 'listed', resourceVersion: this.#resourceVersion, objects: this.#objects };
  }

  async #readPage(signal: AbortSignal): Promise<{ readonly kind: 'text'; readonly text: string } | Trouble> {
    const { client, idleMs } = this.#options;
    const answer = await client.get(toListRequest(this.#resource, this.#limit, this.#continueToken), signal);
    if (answer.kind !== 'answer') return answer;
    const body = await collectBody(answer.response, idleMs, MOST_PAGE_BYTES);
    return signal.aborted ? { kind: 'stopped' } : body;
  }

  #take({ items, resourceVersion, continueToken }: ObjectPage, characters: number): void {
    const { feed, pageSize } = this.#options;
    const nowMs = Date.now();
    for (const item of items) feed.apply(this.#resource.kind, 'ADDED', item, nowMs);
    // All pages show the state of the first.
    if (this.#resourceVersion === '') this.#resourceVersion = resourceVersion;
    this.#continueToken = continueToken;
    this.#objects += items.length;
    if (items.length === 0) return;
    const fitting = Math.floor((items.length * WANTED_PAGE_BYTES) / characters);
    this.#limit = Math.min(pageSize, Math.max(LEAST_PAGE_SIZE, fitting));
  }
}
