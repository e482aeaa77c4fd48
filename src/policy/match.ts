/** Truth of which a part may not be known, in such an order that "and" is the least and "or" the greatest. */
export const MATCH = { no: 0, maybe: 1, yes: 2 } as const;
export type Match = (typeof MATCH)[keyof typeof MATCH];

export function least(one: Match, other: Match): Match {
  return one < other ? one : other;
}
