/** One page of a list. */
export interface ObjectPage {
  readonly items: readonly unknown[];
  /** State of the server that the whole list, all its pages, shows. */
  readonly resourceVersion: string;
  /** Asks for the next page; empty on the last. */
  readonly continueToken: string;
}

interface LooseList {
  readonly metadata?: { readonly resourceVersion?: unknown; readonly continue?: unknown } | null;
  readonly items?: unknown;
}

/**
 * Parses a list's body; undefined when it is none. A body that merely lacks its items or its version must not be taken
 * for an empty list: everything that is known would be gone.
 */
export function parseObjectPage(body: string): ObjectPage | undefined {
  let list: LooseList | null;
  try {
    list = JSON.parse(body) as LooseList | null;
  } catch {
    return undefined;
  }
  const { resourceVersion, continue: continueToken = '' } = list?.metadata ?? {};
  // Go writes a slice that was never filled as null.
  const items = list !== null && list.items === null ? [] : list?.items;
  if (typeof resourceVersion !== 'string' || resourceVersion === '') return undefined;
  if (typeof continueToken !== 'string' || !Array.isArray(items)) return undefined;
  return { items, resourceVersion, continueToken };
}
