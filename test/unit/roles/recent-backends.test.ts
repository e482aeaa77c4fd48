import { expect, test } from '@jest/globals';
import type { ServiceBackend } from '../../../src/k8s/object-finder.ts';
import { RecentBackends } from '../../../src/roles/enrich/recent-backends.ts';
import { createEnd, createPodEnd } from '../../support/sample-ends.ts';

const SERVICE = createEnd('10.96.0.7', { kind: 'service', namespaceName: 'shop', serviceName: 'web' });
const BACKEND: ServiceBackend = {
  end: createPodEnd('10.244.1.9', 'web'),
  protocolNumber: 6,
  port: 8080,
  portName: undefined,
  isReady: true,
};

function createIndex() {
  const asked: string[] = [];
  const serviceBackends = (namespaceName: string, serviceName: string): readonly ServiceBackend[] => {
    asked.push(`${namespaceName}/${serviceName}`);
    return [BACKEND];
  };
  return { asked, serviceBackends };
}

test('backends of a Service and port are asked for once a second', () => {
  const index = createIndex();
  let nowMs = 5_000;
  const backends = new RecentBackends(index, () => nowMs);
  expect([backends.resolve(SERVICE, 6, 80), backends.resolve(SERVICE, 6, 80)]).toEqual([[BACKEND], [BACKEND]]);
  backends.resolve(SERVICE, 17, 80);
  expect(index.asked).toHaveLength(2);
  nowMs += 1_000;
  backends.resolve(SERVICE, 6, 80);
  expect(index.asked).toEqual(['shop/web', 'shop/web', 'shop/web']);
});

test('an address that several Services share, and an unknown port, have none', () => {
  const index = createIndex();
  const backends = new RecentBackends(index);
  const shared = createEnd('10.96.0.8', { kind: 'service' });
  expect([backends.resolve(shared, 6, 80), backends.resolve(SERVICE, 6, undefined)]).toEqual([[], []]);
  expect(index.asked).toEqual([]);
});
