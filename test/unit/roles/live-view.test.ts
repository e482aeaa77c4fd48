import { describe, expect, test } from '@jest/globals';
import { ConversationTable } from '../../../src/roles/demo/conversation-table.ts';
import { LiveView } from '../../../src/roles/demo/live-view.ts';
import { createCapturedStreams } from '../../support/captured-streams.ts';
import { createSampleConnection } from '../../support/sample-connections.ts';
import { createPodEnd } from '../../support/sample-ends.ts';

const ADDRESSES = ['http://127.0.0.1:9464/api/map  enrichment'];

function draw(terminal: { readonly isTTY?: boolean; readonly columns?: number }): string {
  const { text, stdout } = createCapturedStreams();
  const table = new ConversationTable();
  const [source, destination] = [createPodEnd('10.244.0.1', 'web', 0), createPodEnd('10.244.0.2', 'cart', 1)];
  table.accept([createSampleConnection({ source, destination })]);
  new LiveView({ title: 'the title', addresses: ADDRESSES, table }, Object.assign(stdout, terminal)).draw();
  return text.out;
}

describe('the live page', () => {
  test('has title, conversations and addresses', () => {
    const lines = draw({}).split('\n');
    expect(lines[1]).toBe('the title');
    expect(lines).toContainEqual(expect.stringMatching(/^Deployment shop\/web → Deployment shop\/cart/));
    expect(lines.at(-2)).toBe(`  ${ADDRESSES[0]}`);
  });

  test('clears a terminal, and has no line wider than it', () => {
    const page = draw({ isTTY: true, columns: 40 });
    expect(page.startsWith('\x1b[H\x1b[2Jthe title\n')).toBe(true);
    const [, ...lines] = page.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBe(40);
  });
});
