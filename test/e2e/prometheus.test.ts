import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { describeWithTools } from '../support/requirements.ts';
import { waitFor } from '../support/wait-for.ts';
import { readYamlSnippets } from '../support/yaml-snippets.ts';
import { startPrometheus } from './prometheus/start-prometheus.ts';

/** Prometheus looks for new targets once in five seconds, also after its start. */
const TARGETS_MS = 15_000;

describeWithTools('Prometheus', ['prometheus', 'promtool'], () => {
  test('takes the section that otel/README.md shows', () => {
    const [, snippet = ''] = readYamlSnippets('otel/README.md');
    // Of a file or a pipe; what spawnSync gives as input is a socket, which cannot be opened by its name.
    const command = 'cat | promtool check config /dev/stdin';
    const { stdout } = spawnSync('sh', ['-c', command], { input: snippet, encoding: 'utf8' });
    expect(stdout).toContain('SUCCESS: /dev/stdin is valid');
  });

  test('scrapes and answers', async () => {
    let count = 0;
    const target = createServer((_, response) => response.end(`pod_bytes_total{pod="web"} ${(count += 10)}\n`));
    target.listen(0, '127.0.0.1');
    await once(target, 'listening');
    const { port } = target.address() as AddressInfo;
    const prometheus = await startPrometheus({ targets: [`127.0.0.1:${port}`], scrapeIntervalMs: 200 });
    try {
      const read = async () => (await prometheus.query('pod_bytes_total')).find(({ value }) => value >= 30);
      expect(await waitFor('three scrapes', read, TARGETS_MS)).toMatchObject({
        labels: { pod: 'web', job: 'podflow' },
      });
      expect(await prometheus.query('1 + 1')).toEqual([{ labels: {}, value: 2 }]);
      await expect(prometheus.query('no(')).rejects.toThrow('parse error');
    } finally {
      await prometheus.stop();
      target.close();
    }
  });
});
