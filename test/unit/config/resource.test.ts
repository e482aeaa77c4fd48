import { describe, expect, test } from '@jest/globals';
import { createResource } from '../../../src/config/resource.ts';

describe('the resource of the records', () => {
  test('tells who observes, as the downward API has it', () => {
    const resource = createResource(
      { clusterName: 'c1', nodeName: 'n1', podNamespace: 'shop', podName: 'web-0', podUid: 'u-1', podIp: '10.0.0.7' },
      {},
    );
    expect(Object.fromEntries(resource)).toEqual({
      'service.name': 'podflow',
      'service.version': expect.stringMatching(/^\d+\.\d+\.\d+/),
      'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'host.name': expect.any(String),
      'k8s.cluster.name': 'c1',
      'k8s.node.name': 'n1',
      'k8s.namespace.name': 'shop',
      'k8s.pod.name': 'web-0',
      'k8s.pod.uid': 'u-1',
      'k8s.pod.ip': '10.0.0.7',
    });
  });

  test('is a new instance each time', () => {
    expect(createResource({}, {}).get('service.instance.id')).not.toBe(
      createResource({}, {}).get('service.instance.id'),
    );
  });

  test('adds OTEL_RESOURCE_ATTRIBUTES, percent-decoded, which lose to settings and to OTEL_SERVICE_NAME', () => {
    const OTEL_RESOURCE_ATTRIBUTES =
      'deployment.environment.name=a%2Cb%20c, service.name=other ,k8s.pod.name=x,host.name=h%C3%A9';
    const resource = createResource({ podName: 'web-0' }, { OTEL_RESOURCE_ATTRIBUTES });
    expect(resource.get('deployment.environment.name')).toBe('a,b c');
    expect(resource.get('service.name')).toBe('other');
    expect(resource.get('k8s.pod.name')).toBe('web-0');
    expect(resource.get('host.name')).toBe('hé');
    const named = createResource({}, { OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME: 'mine' });
    expect(named.get('service.name')).toBe('mine');
  });

  test.each(['novalue', '=x', 'a=%zz', 'a=1,b'])('discards the whole of %s, as the specification asks', (list) => {
    const resource = createResource({}, { OTEL_RESOURCE_ATTRIBUTES: `good=1,${list}` });
    expect(resource.has('good')).toBe(false);
    expect(resource.get('service.name')).toBe('podflow');
  });
});
