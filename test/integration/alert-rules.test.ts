import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readAlerts, readRunbookQueries, RULES_PATH, RULES_TEST_PATH } from '../support/alert-rules.ts';
import { describeWithTools } from '../support/requirements.ts';

function promtool(...args: readonly string[]): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

describeWithTools('the alert rules', ['promtool'], () => {
  test('are rules', () => {
    const { status, text } = promtool('check', 'rules', '--lint=all', '--lint-fatal', RULES_PATH);
    expect(text).toContain('SUCCESS');
    expect(status).toBe(0);
  });

  test('fire, and do not fire, as their tests say', () => {
    expect(promtool('test', 'rules', RULES_TEST_PATH)).toEqual({ status: 0, text: expect.stringContaining('SUCCESS') });
  });

  describe('in a folder of their own', () => {
    let folder = '';

    test('the queries of the runbooks are PromQL', () => {
      const rules = readRunbookQueries().map((expr, at) => ({ record: `query:${at}`, expr }));
      const path = join(folder, 'queries.yaml');
      writeFileSync(path, JSON.stringify({ groups: [{ name: 'queries', rules }] }));
      expect(promtool('check', 'rules', path)).toEqual({ status: 0, text: expect.stringContaining('SUCCESS') });
    });

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'podflow-rules-'));
      cpSync(dirname(RULES_PATH), folder, { recursive: true });
    });

    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    /** The outcome of the tests with one alert's text changed. */
    function testWith(alert: string, change: (text: string) => string): string {
      const [before = '', behind = ''] = readFileSync(RULES_PATH, 'utf8').split(`- alert: ${alert}\n`);
      const end = behind.indexOf('annotations:');
      const changed = change(behind.slice(0, end));
      expect(changed).not.toBe(behind.slice(0, end));
      writeFileSync(join(folder, 'podflow.rules.yaml'), `${before}- alert: ${alert}\n${changed}${behind.slice(end)}`);
      const { status, text } = promtool('test', 'rules', join(folder, 'podflow.rules.test.yaml'));
      expect(status).toBe(1);
      return text;
    }

    test.each(readAlerts())('changed so that $alert never fires fail their tests', ({ alert }) => {
      const text = testWith(alert, (rule) => rule.replaceAll(/(>=?) [\d.]+$/gm, '$1 1e9'));
      expect(text).toContain(alert);
    });

    test.each(readAlerts())('changed so that $alert fires by anything fail their tests', ({ alert }) => {
      const text = testWith(alert, (rule) => rule.replaceAll(/(>=?) [\d.]+$/gm, '>= 0').replaceAll(/\{[^}]*\}/g, ''));
      expect(text).toContain(alert);
    });
  });
});
