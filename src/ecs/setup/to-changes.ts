/** One difference between two JSON objects; a side is undefined where it has nothing there. */
export interface SetupChange {
  /** Dotted; elements of lists by their number. */
  readonly path: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** What the server adds by itself. */
const ADDED =
  /^(?:created_date|modified_date|created_date_millis|modified_date_millis|data_stream\.(?:hidden|allow_custom_routing)|deprecated)$/;
/** Says by which podflow it was made, which alone is no change. */
const MADE_BY = '_meta.podflow_version';

/** What would change of a stored object, ordered by path. Settings are compared as text, as the server stores them. */
export function toChanges(stored: object, wanted: object): SetupChange[] {
  const from = flatten(stored);
  const to = flatten(wanted);
  const paths = [...new Set([...from.keys(), ...to.keys()])].filter((path) => !ADDED.test(path) && path !== MADE_BY);
  return paths
    .toSorted()
    .map((path) => ({ path, from: from.get(path), to: to.get(path) }))
    .filter((change) => change.from !== change.to);
}

/** Leaves by dotted path: `{"index": {"mode": …}}` and `{"index.mode": …}` are the same to the server. */
function flatten(value: unknown, path = '', leaves = new Map<string, string>()): Map<string, string> {
  if (typeof value !== 'object' || value === null) leaves.set(path, String(value));
  else for (const [key, each] of Object.entries(value)) flatten(each, path === '' ? key : `${path}.${key}`, leaves);
  return leaves;
}
