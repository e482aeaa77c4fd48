/** The known name with the fewest single-character edits from a mistyped one; undefined where none is close. */
export function resolveNearestName(typed: string, known: Iterable<string>): string | undefined {
  const limit = typed.length < 4 ? 1 : Math.max(2, Math.floor(typed.length / 3));
  let nearest: string | undefined;
  let nearestEdits = limit + 1;
  for (const name of known) {
    const edits = countEdits(typed, name);
    if (edits < nearestEdits) [nearest, nearestEdits] = [name, edits];
  }
  return nearest;
}

/** Levenshtein distance, one row at a time. */
function countEdits(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[right.length]!;
}
