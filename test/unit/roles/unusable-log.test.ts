import { expect, test } from '@jest/globals';
import { NameIndex } from '../../../src/k8s/name-index.ts';
import type { Log } from '../../../src/model/log.ts';
import { UnusableLog } from '../../../src/roles/enrich/unusable-log.ts';

const MALFORMED = {
  metadata: { namespace: 'shop', name: 'half' },
  spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/33' } }] }] },
};

test('an object that cannot be used is told once, by name and field', () => {
  const told: object[] = [];
  const write = (fields: object): number => told.push(fields);
  const log = { debug: write, info: write, warn: write, error: write } as unknown as Log;
  const unusable = new UnusableLog(log);
  const index = new NameIndex({ onUnusable: (object) => unusable.tell(object) });
  for (const change of ['ADDED', 'MODIFIED'] as const) index.apply('NetworkPolicy', change, MALFORMED, 1_000);
  index.apply('Pod', 'ADDED', null, 1_000);
  expect(told).toEqual([
    { kind: 'NetworkPolicy', name: 'shop/half', field: 'spec.ingress[0].from[0].ipBlock.cidr' },
    { kind: 'Pod', name: '', field: expect.any(String) },
  ]);
  expect(index.counters().unusableObjects).toMatchObject({ NetworkPolicy: 2, Pod: 1 });
});
