import { Writable } from 'node:stream';

/** stdout and stderr that keep what was written. */
export function createCapturedStreams() {
  const text = { out: '', err: '' };
  const capture = (name: keyof typeof text): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done): void {
        text[name] += chunk.toString();
        done();
      },
    });
  return { text, stdout: capture('out'), stderr: capture('err') };
}
