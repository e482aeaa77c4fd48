import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { inflateIfGzip } from '../../../src/evidence/inflate-if-gzip.ts';
import { readLog } from '../../../src/evidence/read-log.ts';
import { waitFor } from '../../support/wait-for.ts';

async function* piecesOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

async function inflate(bytes: Buffer, size: number): Promise<string> {
  let text = '';
  for await (const chunk of inflateIfGzip(piecesOf(bytes, size))) text += chunk.toString();
  return text;
}

describe('packed logs', () => {
  const members = Buffer.concat(['one\n', 'two\n', ''].map((text) => gzipSync(text)));

  test.each([1, 2, 7, 1e6])('of several members are unpacked, in pieces of %d bytes', async (size) => {
    expect(await inflate(members, size)).toBe('one\ntwo\n');
  });

  test.each([1, 3, 1e6])('plain ones are left as they are, in pieces of %d bytes', async (size) => {
    for (const text of ['', 'x', 'xy', 'one\ntwo\n']) expect(await inflate(Buffer.from(text), size)).toBe(text);
  });

  test('damaged ones fail after what could be read', async () => {
    const packed = gzipSync(Buffer.from('line\n'.repeat(100_000)));
    await expect(inflate(packed.subarray(0, packed.length - 9), 512)).rejects.toThrow(/unexpected end of file/);
    const broken = Buffer.from(packed);
    broken.fill(0xff, packed.length >> 1);
    await expect(inflate(broken, 512)).rejects.toThrow(/./);
  });
});

describe('a log file', () => {
  let folder = '';
  let path = '';
  let text = '';
  let stop = new AbortController();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'podflow-evidence-'));
    path = join(folder, 'agent.log');
    text = '';
    stop = new AbortController();
  });

  afterEach(() => {
    stop.abort();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Keeps what is read; `|` stands for the end of a file. */
  async function follow(isFollowing = true): Promise<void> {
    for await (const piece of readLog(path, { signal: stop.signal, isFollowing }))
      text += piece === 'file_ended' ? '|' : piece.toString();
  }

  test('is read to its end, packed or not', async () => {
    writeFileSync(path, 'one\ntwo');
    await follow(false);
    writeFileSync(path, gzipSync('three\n'));
    await follow(false);
    expect(text).toBe('one\ntwo|three\n|');
  });

  test('that is packed is not followed', async () => {
    writeFileSync(path, gzipSync('packed\n'));
    await follow(true);
    expect(text).toBe('packed\n|');
  });

  test.each([true, false])('that is not there is an error that names it (follow: %s)', async (isFollowing) => {
    await expect(follow(isFollowing)).rejects.toMatchObject({
      code: 'EVIDENCE_LOG_UNREADABLE',
      exitCode: 1,
      message: expect.stringContaining(path),
    });
    path = folder;
    await expect(follow(isFollowing)).rejects.toMatchObject({ code: 'EVIDENCE_LOG_UNREADABLE' });
  });

  test('is followed as it grows, renamed and cut, without a byte lost', async () => {
    writeFileSync(path, 'a1\n');
    const following = follow();
    await waitFor('the beginning', () => text === 'a1\n');
    appendFileSync(path, 'a2\na');
    await waitFor('half a line', () => text === 'a1\na2\na');
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, '3\n');
    await waitFor('what the writer wrote after the renaming', () => text === 'a1\na2\na3\n');
    writeFileSync(path, 'b1\n');
    appendFileSync(`${path}.1`, 'a4\n');
    await waitFor('the new file', () => text === 'a1\na2\na3\na4\n|b1\n');
    truncateSync(path, 0);
    appendFileSync(path, 'c\n');
    await waitFor('the cut file', () => text === 'a1\na2\na3\na4\n|b1\n|c\n');
    stop.abort();
    await following;
    expect(text).toBe('a1\na2\na3\na4\n|b1\n|c\n');
  });
});
