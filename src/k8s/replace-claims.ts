import type { Claim } from './claim.ts';
import type { ClaimIndex } from './claim-index.ts';

/** What should be claimed, and by whom: a holder is one object as long as it says the same. */
export interface Wanted<Holder> {
  readonly key: string | number;
  readonly portKey: number;
  readonly holder: Holder;
}

/**
 * Ends the claims that are no longer wanted and opens those that are missing; what stays wanted goes on as it is.
 * @returns all that are open then
 */
export function replaceClaims<Holder>(
  index: ClaimIndex<Holder>,
  open: readonly Claim<Holder>[],
  wanted: readonly Wanted<Holder>[],
  startMs: number,
  nowMs: number,
): readonly Claim<Holder>[] {
  const toText = createTextMaker();
  const before = new Map(open.map((claim) => [toText(claim), claim]));
  const after = new Map<string, Claim<Holder>>();
  for (const each of wanted) {
    const text = toText(each);
    if (after.has(text)) continue;
    after.set(text, before.get(text) ?? index.open(each.holder, each.key, each.portKey, startMs, startMs));
  }
  for (const [text, claim] of before) if (!after.has(text)) index.end(claim, nowMs, nowMs);
  // The copy has just the size that is needed.
  return [...after.values()].slice();
}

/** Makes one text of a key, a port and a holder; the texts are of use only beside each other. */
function createTextMaker(): (wanted: Wanted<unknown>) => string {
  const numbers = new Map<unknown, number>();
  return ({ key, portKey, holder }) => {
    const number = numbers.get(holder) ?? numbers.size;
    numbers.set(holder, number);
    return `${key} ${portKey} ${number}`;
  };
}
