import { DNS_RESPONSE_CODES, type DnsMessage } from '../model/dns-message.ts';

/** Counts DNS messages: queries, and responses by their code. */
export class DnsCounters {
  #queries = 0;
  readonly #responses: number[] = DNS_RESPONSE_CODES.map(() => 0);

  count(message: DnsMessage): void {
    if (message.isResponse) this.#responses[message.responseCode]! += 1;
    else this.#queries++;
  }

  get queries(): number {
    return this.#queries;
  }

  /** By response code: an index of DNS_RESPONSE_CODES. */
  get responses(): readonly number[] {
    return this.#responses;
  }
}
