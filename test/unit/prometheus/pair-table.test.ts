import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { CELLS_PER_PAIR } from '../../../src/prometheus/pair-cells.ts';
import { PairTable, ROLE, type PairKey } from '../../../src/prometheus/pair-table.ts';

const TCP = 6;

function keyOf(peer: string, port: number | undefined, own = ''): PairKey {
  return { own, peer, role: ROLE.client, protocol: TCP, port };
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('PairTable', () => {
  test('keeps what was counted when it grows', () => {
    const table = new PairTable({ pairSeriesLimit: 5_000, pairSeriesTtlMs: 1_000 });
    for (let port = 0; port < 5_000; port++) {
      const pair = table.resolve(keyOf('peer', port), 0);
      table.places.cells[pair * CELLS_PER_PAIR] = port;
    }
    for (const port of [0, 63, 64, 4_999]) {
      const pair = table.resolve(keyOf('peer', port), 0);
      expect([table.places.cells[pair * CELLS_PER_PAIR], table.places.protocolNumber(pair)]).toEqual([port, TCP]);
      expect(table.places.labels[pair]).toContain(`server_port="${port}"`);
    }
  });

  test('tells no port from port 0, and the highest port from none', () => {
    const table = new PairTable({ pairSeriesLimit: 10, pairSeriesTtlMs: 1_000 });
    const ports = [undefined, 0, 65_535].map((port) => table.places.labels[table.resolve(keyOf('peer', port), 0)]);
    expect(ports.map((labels) => /server_port="(\d*)"/.exec(labels ?? '')?.[1])).toEqual(['', '0', '65535']);
  });

  test('a peer called other is not the overflow', () => {
    const table = new PairTable({ pairSeriesLimit: 1, pairSeriesTtlMs: 1_000 });
    const named = table.resolve(keyOf('other', 80), 0);
    const beyond = table.resolve(keyOf('peer', 80), 0);
    expect([table.places.isOverflow(named), table.places.isOverflow(beyond)]).toEqual([false, true]);
    expect(table.places.labels[named]).not.toBe(table.places.labels[beyond]);
  });

  test('tells the own pods of one observer apart, also when one of them goes', () => {
    const table = new PairTable({ pairSeriesLimit: 10, pairSeriesTtlMs: 1_000 });
    const [first, second] = ['10.0.0.1', '10.0.0.2'].map((own) => table.resolve(keyOf('peer', 80, own), 0));
    expect(table.places.labels[first ?? -1]).toContain('pod_ip="10.0.0.1",peer="peer"');
    expect(first).not.toBe(second);
    table.resolve(keyOf('peer', 80, '10.0.0.2'), 900);
    table.places.expire(1_000);
    expect(table.places.pairCount).toBe(1);
    expect(table.resolve(keyOf('peer', 80, '10.0.0.2'), 1_000)).toBe(second);
  });

  test('does not grow with peers that went', () => {
    const table = new PairTable({ pairSeriesLimit: 1_000, pairSeriesTtlMs: 1_000 });
    const churn = (from: number, to: number): void => {
      for (let i = from; i < to; i++) {
        table.resolve(keyOf(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 80), i * 10);
        if (i % 100 === 0) table.places.expire(i * 10);
      }
    };
    churn(0, 10_000);
    const before = heapBytes();
    churn(10_000, 210_000);
    expect(heapBytes() - before).toBeLessThan(10e6);
    expect(table.places.labels.length).toBeLessThan(300);
  });
});
