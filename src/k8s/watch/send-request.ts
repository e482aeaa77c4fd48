import * as http from 'node:http';
import * as https from 'node:https';
import { VERSION } from '../../lib/version.ts';
import type { ClusterTarget } from './cluster-access.ts';
import type { ResourceRequest } from './resource-request.ts';
import type { Trouble } from './trouble.ts';

/** An answer whose body is yet to be read, or why there is none. `stale`: the kept connection was closed by the server. */
export type Answer =
  { readonly kind: 'answer'; readonly response: http.IncomingMessage } | { readonly kind: 'stale' } | Trouble;

/**
 * Sends one GET and waits for the head of its answer. Never rejects; `signal` ends it, and the body too. Compressed
 * answers are not asked for: the API server's processor time is dearer than the cluster's network.
 */
export function sendRequest(
  target: ClusterTarget,
  { path, accept }: ResourceRequest,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  const { url, agent } = target;
  const { request: open } = url.protocol === 'https:' ? https : http;
  const headers = { ...target.headers, accept, 'accept-encoding': 'identity', 'user-agent': `podflow/${VERSION}` };
  const base = url.pathname.replace(/\/$/, '');
  return new Promise((resolve) => {
    let isLate = false;
    const request = open(new URL(`${base}${path}`, url), { agent, headers, signal });
    const timer = setTimeout(() => {
      isLate = true;
      request.destroy();
    }, timeoutMs);
    request.on('response', (response) => {
      clearTimeout(timer);
      resolve({ kind: 'answer', response });
    });
    // Kept for good: what fails after the answer began is told by its body.
    request.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      if (signal.aborted) resolve({ kind: 'stopped' });
      else if (isLate) resolve({ kind: 'unreachable', reason: `no answer within ${timeoutMs} ms` });
      else if (request.reusedSocket && isClosing(error)) resolve({ kind: 'stale' });
      else resolve({ kind: 'unreachable', reason: toReason(error) });
    });
    request.end();
  });
}

function isClosing({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}

/** Where several addresses were tried the message is empty. */
function toReason({ message, code }: NodeJS.ErrnoException): string {
  return message === '' ? (code ?? 'unknown') : message;
}
