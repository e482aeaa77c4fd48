import { describe, expect, test } from '@jest/globals';
import { toConversationLines } from '../../../src/roles/demo/conversation-lines.ts';
import { ConversationTable } from '../../../src/roles/demo/conversation-table.ts';
import { createSampleConnection, REFUSED } from '../../support/sample-connections.ts';
import { createPodEnd, createService } from '../../support/sample-ends.ts';

const WEB = createPodEnd('10.244.0.11', 'web', 0, { podName: 'web-1' });
const CART = [0, 1].map((i) => createPodEnd(`10.244.0.2${i}`, 'cart', i, { podName: `cart-${i}` }));
const THROUGH = { source: WEB, service: createService('cart'), dialledAddress: '10.96.0.20', dialledPort: 80 };
const TRAFFIC = { bytes: 1_500, packets: 10, reverseBytes: 6_300, reversePackets: 11 };

function linesOf(...connections: Parameters<typeof createSampleConnection>[0][]): string[] {
  const table = new ConversationTable();
  table.accept(connections.map(createSampleConnection));
  return toConversationLines(table.list());
}

describe('the demo’s page', () => {
  test('has one line for each pair of pods, below their workloads and the Service between them', () => {
    const both = { ...THROUGH, destinationPort: 8080, record: TRAFFIC };
    const lines = linesOf(
      { ...both, destination: CART[0]!, flowsBegun: 3, serverRecord: { packets: 9 } },
      { ...both, destination: CART[0]!, flowsBegun: 1 },
      { ...both, destination: CART[1]!, flowsBegun: 1, record: { ...TRAFFIC, rttNs: 80_000 } },
    );
    expect(lines).toEqual([
      '5 connections; reports joined from both ends 1, the client’s alone 2, the server’s alone 0',
      '  pods            reports           began  packets →/←  bytes →/←      lost →/←  rtt     outcome',
      'Deployment shop/web → service shop/cart 80/tcp → Deployment shop/cart 8080/tcp',
      '  web-1 → cart-0  both 1, client 1  4      20/22        3.0 kB/13 kB   1/0       212 µs  forwarded',
      '  web-1 → cart-1  client 1          1      10/11        1.5 kB/6.3 kB  -         80 µs   forwarded',
    ]);
  });

  test('tells what failed, and how often', () => {
    const failed = { source: WEB, destination: CART[0]!, destinationPort: 9090, record: { ...TRAFFIC, ...REFUSED } };
    const lines = linesOf(failed, failed);
    expect(lines[2]).toBe('Deployment shop/web → Deployment shop/cart 9090/tcp');
    expect(lines[3]).toMatch(/ {2}connection_refused ×2$/);
  });

  test('shows the server’s counters where the client was not seen', () => {
    const [, , , line] = linesOf({ source: WEB, destination: CART[0]!, perspectives: 'server', record: TRAFFIC });
    expect(line).toMatch(/^ {2}web-1 → cart-0 {2}server 1 .* 10\/11 /);
  });

  test('does not grow beyond a screen', () => {
    const many = Array.from({ length: 60 }, (_, i) => ({
      source: createPodEnd(`10.244.1.${i}`, 'many', i),
      destination: CART[0]!,
    }));
    expect(linesOf(...many)).toHaveLength(2 + 1 + 24);
  });
});

describe('the conversation table', () => {
  test('counts a server’s own sight once, seen alone or with the client’s', () => {
    const table = new ConversationTable();
    const ends = { source: WEB, destination: CART[0]!, destinationPort: 8080 };
    const server = createSampleConnection({
      ...ends,
      perspectives: 'server',
      record: { packets: 2, reversePackets: 1 },
    });
    table.accept([
      // What the join hands on has the lone record in both places.
      { ...server, serverRecord: server.record },
      createSampleConnection({ ...ends, record: { packets: 5 }, serverRecord: { packets: 4, reversePackets: 3 } }),
    ]);
    expect(table.list()).toHaveLength(1);
    expect(table.list()[0]).toMatchObject({ client: { packets: 5 }, server: { packets: 6, reversePackets: 4 } });
  });
});
