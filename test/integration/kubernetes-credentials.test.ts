import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KUBERNETES_KINDS } from '../../src/model/kubernetes-counters.ts';
import { KubernetesApi, type KubernetesApiOptions } from '../support/kubernetes-api/kubernetes-api.ts';
import { createObject, fillStore } from '../support/kubernetes-api/sample-objects.ts';
import { WatchRun, type WatchRunOptions } from '../support/kubernetes-api/watch-run.ts';
import { OWN_LOOPBACK } from '../support/own-loopback.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createAuthority, createCertificate, readSecrets } from '../support/test-certificates.ts';
import { waitFor } from '../support/wait-for.ts';

let api: KubernetesApi;
let run: WatchRun | undefined;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podflow-credentials-'));
});

afterEach(async () => {
  await run?.stop();
  run = undefined;
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(options: Omit<KubernetesApiOptions, 'host'>): Promise<void> {
  api = await KubernetesApi.start({ host: OWN_LOOPBACK, ...options });
  fillStore(api.store, KUBERNETES_KINDS, 10);
}

async function follow(options: WatchRunOptions): Promise<WatchRun> {
  run = await WatchRun.start(api, options);
  await run.watches();
  return run;
}

async function expectToFollow(following: WatchRun, note: string): Promise<void> {
  for (const kind of KUBERNETES_KINDS) api.store.put(kind, createObject(kind, 1, note));
  await following.agrees();
}

describe('tokens', () => {
  test('a token file that changed is read as soon as the old token is refused', async () => {
    await serve({ tokens: ['first'] });
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'first\n');
    const following = await follow({ user: { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } } });
    writeFileSync(tokenFile, 'second\n');
    api.tokens = ['second'];
    api.breakWatches('close');
    await following.watches();
    await expectToFollow(following, 'rotated');
    expect(api.requests.at(-1)?.token).toBe('second');
    expect(following.messages('warn')).toEqual([]);
    expect(following.counters('Pod').lists).toBe(1);
  });

  test('a token that stays refused is told, and the file read again and again until it is right', async () => {
    await serve({ tokens: ['right'] });
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'wrong');
    run = new WatchRun(api, { user: { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } } });
    const started = run.watcher.start(new AbortController().signal);
    await waitFor('requests', () => api.requests.length > 30);
    expect(run.messages('warn')).toEqual(['The Kubernetes API server refuses the credentials; read anew']);
    writeFileSync(tokenFile, 'right');
    await started;
    await run.agrees();
    expect(run.messages('info')).toContain('The Kubernetes API server takes the credentials again');
  });

  test('a plugin is run once for all kinds, and again when its token is refused', async () => {
    await serve({ tokens: ['plugged-1'] });
    const runs = join(folder, 'runs');
    const plugin = join(folder, 'plugin.mjs');
    writeFileSync(runs, '');
    writeFileSync(plugin, toPlugin(runs));
    chmodSync(plugin, 0o755);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: [plugin] };
    const following = await follow({ user: { exec } });
    expect(readFileSync(runs, 'utf8')).toBe('x');
    api.tokens = ['plugged-2'];
    api.breakWatches('reset');
    await expectToFollow(following, 'renewed');
    expect(readFileSync(runs, 'utf8')).toBe('xx');
  });

  test('a plugin that fails is told and run again', async () => {
    await serve({ tokens: ['plugged-1'] });
    const plugin = join(folder, 'plugin.mjs');
    writeFileSync(plugin, "process.stderr.write('no network');process.exit(1);");
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: [plugin] };
    run = new WatchRun(api, { user: { exec } });
    const started = run.watcher.start(new AbortController().signal);
    await waitFor('a complaint', () => run?.messages('warn').length === 1);
    expect(run.log.find(({ level }) => level === 'warn')).toMatchObject({ fields: { reason: 'no network' } });
    writeFileSync(join(folder, 'runs'), '');
    writeFileSync(plugin, toPlugin(join(folder, 'runs')));
    await started;
    await run.agrees();
  });

  test('user and password', async () => {
    await serve({});
    const following = await follow({ user: { username: 'sam', password: 'p:w' } });
    await expectToFollow(following, 'changed');
    expect(api.requests.map(({ authorization }) => authorization)).toContain(
      `Basic ${Buffer.from('sam:p:w').toString('base64')}`,
    );
  });
});

describeWithTools('TLS', ['openssl'], () => {
  test('the CA of the kubeconfig is trusted, and the client certificate shown', async () => {
    const authority = createAuthority(folder, 'ca');
    const server = createCertificate(folder, 'server', authority, OWN_LOOPBACK);
    const client = createCertificate(folder, 'client', authority);
    const ca = readFileSync(authority.certificate);
    await serve({ tls: { ...readSecrets(server), ca, requestCert: true, rejectUnauthorized: true } });
    const following = await follow({
      cluster: { 'certificate-authority-data': ca.toString('base64') },
      user: { 'client-certificate': client.certificate, 'client-key': client.key },
    });
    await expectToFollow(following, 'changed');
  });

  test('a server of another CA is not trusted: told, and waited for', async () => {
    const server = createCertificate(folder, 'server', createAuthority(folder, 'ca'), OWN_LOOPBACK);
    const other = createAuthority(folder, 'other');
    await serve({ tls: readSecrets(server) });
    run = new WatchRun(api, { cluster: { 'certificate-authority': other.certificate } });
    const started = run.watcher.start(new AbortController().signal);
    await waitFor('a complaint', () => run?.messages('warn').length === 1);
    expect(api.requests).toEqual([]);
    await run.stop();
    await started;
  });

  test('CA and server certificate are changed under way', async () => {
    const first = createAuthority(folder, 'first');
    const second = createAuthority(folder, 'second');
    const trusted = join(folder, 'trusted.pem');
    copyFileSync(first.certificate, trusted);
    await serve({ tls: readSecrets(createCertificate(folder, 'server-1', first, OWN_LOOPBACK)) });
    const { port } = new URL(api.url);
    const following = await follow({ cluster: { 'certificate-authority': trusted } });
    const before = api;
    await before.close();
    const tls = readSecrets(createCertificate(folder, 'server-2', second, OWN_LOOPBACK));
    api = await KubernetesApi.start({ host: OWN_LOOPBACK, port: Number(port), tls });
    fillStore(api.store, KUBERNETES_KINDS, 20);
    // It is another server: nothing goes on from what the first one told.
    api.store.compact();
    await waitFor('a complaint', () => following.messages('warn').length === 1);
    expect(api.requests).toEqual([]);
    copyFileSync(second.certificate, trusted);
    await waitFor('requests', () => api.requests.length > 0);
    await waitFor('the new objects', () => following.feed.differences(api.store, KUBERNETES_KINDS).length === 0);
  });
});

describe('a configuration that leads to no cluster is refused at the start', () => {
  test.each([
    ['no such context', { context: 'elsewhere' }, 'there is no context "elsewhere"'],
    ['no TLS', { cluster: {} }, /has no TLS, and insecure-skip-tls-verify is not set/],
    [
      'a CA that is not there',
      { cluster: { 'certificate-authority': 'none.pem', 'insecure-skip-tls-verify': true } },
      /no such file.*none\.pem/,
    ],
    ['a server that is no URL', { cluster: { server: 'nowhere' } }, 'the server "nowhere" is no URL'],
    [
      'a token file that is not there',
      { user: { 'auth-provider': { name: 'tokenFile', config: { tokenFile: '/nowhere/token' } } } },
      /no such file.*token/,
    ],
  ] as const)('%s', async (_, options, reason) => {
    await serve({});
    run = new WatchRun(api, options);
    const started = run.watcher.start(new AbortController().signal);
    await expect(started).rejects.toMatchObject({ code: 'KUBERNETES_CONFIG_INVALID', exitCode: 2 });
    await expect(started).rejects.toThrow(reason);
  });

  test('no file, and one that is no kubeconfig', async () => {
    await serve({});
    for (const text of [undefined, '', '][', 'a: b', '{"contexts": 1}']) {
      run = new WatchRun(api);
      const path = join(run.folder, 'kubeconfig');
      if (text === undefined) rmSync(path);
      else writeFileSync(path, text);
      await expect(run.watcher.start(new AbortController().signal)).rejects.toMatchObject({
        code: 'KUBERNETES_CONFIG_INVALID',
        details: { source: path },
      });
      await run.stop();
    }
  });
});

/** A credentials plugin whose n-th run gives `plugged-n`, and which notes its runs. */
function toPlugin(runs: string): string {
  return `import { appendFileSync, readFileSync } from 'node:fs';
    appendFileSync(${JSON.stringify(runs)}, 'x');
    const token = 'plugged-' + readFileSync(${JSON.stringify(runs)}).length;
    const apiVersion = 'client.authentication.k8s.io/v1';
    process.stdout.write(JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token } }));`;
}
