import { describe, expect, test } from '@jest/globals';
import { toCanonicalAddress } from '../../../src/k8s/canonical-address.ts';
import { CidrSet, toFirstHost } from '../../../src/k8s/cidr-set.ts';
import { RecentMap } from '../../../src/k8s/recent-map.ts';

describe('canonical addresses', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['010.000.0.001', '10.0.0.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['fd00::0:0', 'fd00::'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:0a00:1', '10.0.0.1'],
    ['0:0:0:0:0:ffff:a00:1', '10.0.0.1'],
    ['::', '::'],
    ['fe80::1%eth0', undefined],
    ['10.0.0', undefined],
    ['10.0.0.256', undefined],
    ['10.0.0.1/24', undefined],
    ['None', undefined],
    ['', undefined],
  ])('%s → %s', (text, expected) => {
    expect(toCanonicalAddress(text)).toBe(expected);
  });
});

describe('blocks of addresses', () => {
  test.each([
    [['10.244.0.0/16'], '10.244.255.255', true],
    [['10.244.0.0/16'], '10.245.0.0', false],
    [['10.244.7.9/24'], '10.244.7.1', true],
    [['10.0.0.0/9'], '10.127.255.255', true],
    [['10.0.0.0/9'], '10.128.0.0', false],
    [['0.0.0.0/0'], '8.8.8.8', true],
    [['0.0.0.0/0'], '::1', false],
    [['fd00:10:244::/56'], 'fd00:10:244:00ff::1', true],
    [['fd00:10:244::/56'], 'fd00:10:244:0100::1', false],
    [['1.2.3.4/32'], '1.2.3.4', true],
    [['nonsense', '10.0.0.0/33', '10.0.0.0'], '10.0.0.0', false],
    [['10.0.0.0/8'], 'nonsense', false],
  ])('%s has %s: %s', (blocks, address, expected) => {
    const set = new CidrSet();
    for (const block of blocks) set.add(block);
    expect(set.has(address)).toBe(expected);
  });

  test('a block that was added twice goes with its second removal, and only changes count', () => {
    const set = new CidrSet();
    set.add('10.0.0.0/8');
    set.add('10.1.1.1/8');
    const { revision } = set;
    set.remove('10.0.0.0/8');
    expect([set.has('10.2.3.4'), set.revision]).toEqual([true, revision]);
    set.remove('10.0.0.0/8');
    expect([set.has('10.2.3.4'), set.revision]).toEqual([false, revision + 1]);
    set.remove('10.0.0.0/8');
    expect(set.revision).toBe(revision + 1);
  });

  test.each([
    ['10.244.3.0/24', '10.244.3.1'],
    ['10.244.3.77/24', '10.244.3.1'],
    ['10.244.3.128/25', '10.244.3.129'],
    ['10.244.3.4/30', '10.244.3.5'],
    ['10.244.3.4/31', undefined],
    ['10.244.3.4/32', undefined],
    ['FD00:10:244:1::/64', 'fd00:10:244:1::1'],
    ['nonsense', undefined],
  ])('first host of %s: %s', (block, expected) => {
    expect(toFirstHost(block)).toBe(expected);
  });
});

describe('a bounded memory', () => {
  test('keeps what is asked for, never more than it may', () => {
    const map = new RecentMap<number, number>(100);
    map.set(0, 42);
    for (let i = 1; i <= 10_000; i++) {
      map.set(i, i);
      expect(map.get(0)).toBe(42);
      expect(map.size).toBeLessThanOrEqual(101);
    }
    expect(map.get(1)).toBeUndefined();
    expect(map.get(10_000)).toBe(10_000);
  });
});
