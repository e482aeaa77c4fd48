import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Credentials, type CredentialOptions } from '../../../../src/ecs/elasticsearch/credentials.ts';

describe('Credentials', () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'podflow-test-'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test.each<[string, CredentialOptions]>([
    ['ApiKey aWQ6a2V5', { kind: 'api_key', secret: { value: 'aWQ6a2V5' } }],
    ['ApiKey aWQ6a2V5', { kind: 'api_key', secret: { value: 'id:key' } }],
    // RFC 7617 §2: the example of a user with a space in the password.
    ['Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==', { kind: 'basic', user: 'Aladdin', secret: { value: 'open sesame' } }],
    ['Bearer token', { kind: 'bearer', secret: { value: 'token' } }],
  ])('%s', async (header, options) => {
    const credentials = new Credentials(options);
    await credentials.load();
    expect(credentials.header).toBe(header);
  });

  test('are none where none are given', async () => {
    const credentials = new Credentials(undefined);
    await credentials.load();
    expect([credentials.header, await credentials.reload()]).toEqual([undefined, false]);
  });

  test('are read from a file without its line end, and anew when it has changed', async () => {
    const path = join(folder, 'token');
    writeFileSync(path, 'one\n');
    const credentials = new Credentials({ kind: 'bearer', secret: { path } });
    await credentials.load();
    expect([credentials.header, await credentials.reload()]).toEqual(['Bearer one', false]);
    writeFileSync(path, 'two');
    expect([await credentials.reload(), credentials.header]).toEqual([true, 'Bearer two']);
    rmSync(path);
    expect([await credentials.reload(), credentials.header]).toEqual([false, 'Bearer two']);
  });

  test('name the file that cannot be read', async () => {
    const credentials = new Credentials({ kind: 'bearer', secret: { path: join(folder, 'missing') } });
    await expect(credentials.load()).rejects.toMatchObject({ code: 'CREDENTIALS_UNREADABLE' });
  });
});
