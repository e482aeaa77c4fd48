import { UDP } from '../../support/conntrack-entries.ts';
import type { EntryFacts } from '../../support/conntrack-messages.ts';

/** Entries of the bench: as many as a large node has, and fewer than the kernel's usual nf_conntrack_max. */
export const BENCH_ENTRIES = 200_000;
const BACKENDS = 250;

/** Service entries, each of a client of its own: `client:1000 → 10.96.0.1:53` goes to one of 250 backends. */
export function* bulkEntries(): Iterable<EntryFacts> {
  for (let i = 0; i < BENCH_ENTRIES; i++) {
    const source = toClient(i);
    const backend = `10.200.0.${1 + (i % BACKENDS)}`;
    yield {
      protocol: UDP,
      original: { source, sourcePort: 1_000, destination: '10.96.0.1', destinationPort: 53 },
      reply: { source: backend, sourcePort: 5_353, destination: source, destinationPort: 1_000 },
    };
  }
}

/** Address of the n-th client as a number: 10.1.0.0 and on. */
export function toClientWord(n: number): number {
  return 0x0a010000 + n;
}

function toClient(n: number): string {
  const word = toClientWord(n);
  return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255].join('.');
}
