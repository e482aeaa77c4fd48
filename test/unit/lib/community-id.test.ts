import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import ipaddr from 'ipaddr.js';
import { toCommunityId } from '../../../src/lib/community-id.ts';
import { FlowTableHarness } from '../../support/flow-table-harness.ts';
import { sent } from '../../support/tcp-deltas.ts';

interface Vector {
  proto: number;
  saddr: string;
  daddr: string;
  sport: number | null;
  dport: number | null;
  cid: string;
}

interface VectorFile {
  icmp4_counterparts: Record<string, number>;
  icmp6_counterparts: Record<string, number>;
  vectors: Vector[];
}

const file = JSON.parse(
  readFileSync(new URL('../../fixtures/community-id/community-id-vectors.json', import.meta.url), 'utf8'),
) as VectorFile;

const cases = file.vectors.map(
  (vector) => [`${vector.proto} ${vector.saddr} ${vector.sport} → ${vector.daddr} ${vector.dport}`, vector] as const,
);

function toBytes(address: string): Uint8Array {
  return Uint8Array.from(ipaddr.parse(address).toByteArray());
}

describe('Community ID v1', () => {
  test('there are 58 vectors', () => expect(cases).toHaveLength(58));

  test.each(cases)('%s', (_name, { proto, saddr, daddr, sport, dport, cid }) => {
    const id = toCommunityId({
      protocol: proto,
      source: toBytes(saddr),
      destination: toBytes(daddr),
      sourcePort: sport ?? undefined,
      destinationPort: dport ?? undefined,
    });
    expect(id).toBe(cid);
  });

  test.each(cases)('as a flow of the table: %s', async (_name, vector) => {
    const { proto, saddr, daddr, sport, dport, cid } = vector;
    const counterparts = proto === 1 ? file.icmp4_counterparts : proto === 58 ? file.icmp6_counterparts : undefined;
    const counterpart = counterparts?.[String(sport)];
    const harness = new FlowTableHarness();
    harness.apply({
      protocol: proto,
      kind: counterparts !== undefined && counterpart === undefined ? 'icmpOneWay' : 'normal',
      a: saddr,
      b: daddr,
      aPort: sport ?? 0,
      bPort: counterpart ?? dport ?? 0,
      fromA: sent(1, 1),
    });
    expect((await harness.report(10)).map((record) => record.communityId)).toEqual([cid]);
  });

  test('fragments without ports are hashed without ports, in either order alike', () => {
    const tuple = { protocol: 17, sourcePort: undefined, destinationPort: undefined };
    const [a, b] = [toBytes('10.1.12.2'), toBytes('10.1.12.1')];
    const id = toCommunityId({ ...tuple, source: a, destination: b });
    expect(id).toBe(toCommunityId({ ...tuple, source: b, destination: a }));
    expect(id).toMatch(/^1:[A-Za-z0-9+/]{27}=$/);
  });
});
