/** An answer of an enrichment service's API, or why there is none. */
export type ApiAnswer = { readonly body: Readonly<Record<string, unknown>> } | { readonly problem: string };

const TIMEOUT_MS = 10_000;

/** @param path below the service's address, with its query */
export async function readApi(apiUrl: string, path: string, signal: AbortSignal): Promise<ApiAnswer> {
  try {
    const url = `${apiUrl.replace(/\/+$/, '')}${path}`;
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
    if (!response.ok) return { problem: `it answered ${response.status}: ${toDetail(await response.text())}` };
    const body: unknown = await response.json();
    if (typeof body === 'object' && body !== null) return { body: body as Readonly<Record<string, unknown>> };
    return { problem: 'its answer is no JSON object' };
  } catch (error) {
    return { problem: toReason(error) };
  }
}

/** The first line of what it said. */
function toDetail(text: string): string {
  try {
    const { detail } = JSON.parse(text) as { readonly detail?: unknown };
    if (typeof detail === 'string') return detail;
  } catch {
    // No problem document.
  }
  return (text.split('\n')[0] ?? '').slice(0, 200);
}

/** `fetch failed` says nothing; what lies behind it does. */
function toReason(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message || ((cause as NodeJS.ErrnoException).code ?? message) : message;
}
