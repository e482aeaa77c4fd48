import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadClusterConfig } from '../../../../src/k8s/watch/load-cluster-config.ts';

const { KUBECONFIG, HOME } = process.env;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podflow-kubeconfig-'));
  process.env['HOME'] = folder;
  delete process.env['KUBECONFIG'];
});

afterEach(() => {
  process.env['HOME'] = HOME;
  if (KUBECONFIG !== undefined) process.env['KUBECONFIG'] = KUBECONFIG;
  rmSync(folder, { recursive: true, force: true });
});

/** A kubeconfig whose context, cluster and user have one name. */
function write(name: string): string {
  const path = join(folder, name);
  const config = {
    clusters: [{ name, cluster: { server: `https://${name}.test:6443` } }],
    users: [{ name, user: { token: name } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

describe('the cluster', () => {
  test('is that of the path, whatever KUBECONFIG says', () => {
    process.env['KUBECONFIG'] = write('other');
    const config = loadClusterConfig({ kubeconfigPath: write('chosen') });
    expect(config.getCurrentCluster()?.server).toBe('https://chosen.test:6443');
  });

  test('is that of a context of any file in KUBECONFIG', () => {
    process.env['KUBECONFIG'] = [write('one'), write('two')].join(delimiter);
    expect(loadClusterConfig({ context: 'one' }).getCurrentUser()?.token).toBe('one');
    expect(loadClusterConfig({ context: 'two' }).getCurrentUser()?.token).toBe('two');
  });

  test('is none where nothing names one', () => {
    expect(() => loadClusterConfig({})).toThrow('there is no kubeconfig and no service account');
  });
});
