import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import { GZIP_OPTIONS } from '../gzip-options.ts';

/** What is compressed at once, in a few milliseconds; more than that off the main thread, which takes longer. */
const AT_ONCE_BYTES = 1024 * 1024;

const gzipOffThread = promisify(gzip);

/** Compresses a request's body as the sender of records does. */
export async function compress(body: Uint8Array): Promise<Uint8Array> {
  return body.length <= AT_ONCE_BYTES ? gzipSync(body, GZIP_OPTIONS) : gzipOffThread(body, GZIP_OPTIONS);
}
