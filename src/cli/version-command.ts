import { VERSION } from '../lib/version.ts';
import type { Invocation } from './invocation.ts';

/** `podflow version` */
export function versionCommand({ stdout }: Invocation): Promise<void> {
  stdout.write(`${VERSION}\n`);
  return Promise.resolve();
}
