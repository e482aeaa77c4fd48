import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { DnsCounters } from '../../../src/prometheus/dns-counters.ts';
import { registerDnsMetrics } from '../../../src/prometheus/dns-metrics.ts';
import { parsePrometheusText, select, sumOf } from '../../support/prometheus-text.ts';

const RESPONSES = 'podflow_probe_dns_responses_total';

function createDns(): { dns: DnsCounters; responses: () => Promise<Record<string, number>> } {
  const registry = new Registry();
  const dns = new DnsCounters();
  registerDnsMetrics(registry, dns);
  const responses = async (): Promise<Record<string, number>> => {
    const samples = select(parsePrometheusText(await registry.metrics()), RESPONSES);
    return Object.fromEntries(samples.map(({ labels, value }) => [labels['response_code'] ?? '', value]));
  };
  return { dns, responses };
}

const NONE = { NOERROR: 0, FORMERR: 0, SERVFAIL: 0, NXDOMAIN: 0, NOTIMP: 0, REFUSED: 0 };

test('the usual codes stand at 0 from the start, others come when they are seen', async () => {
  const { dns, responses } = createDns();
  expect(await responses()).toEqual(NONE);
  for (const responseCode of [0, 0, 3, 9, 15]) dns.count({ timeNs: 1, point: 0, isResponse: true, responseCode });
  expect(await responses()).toEqual({ ...NONE, NOERROR: 2, NXDOMAIN: 1, NOTAUTH: 1, RESERVED15: 1 });
});

test('a query counts as such, whatever stands for its code', async () => {
  const registry = new Registry();
  const dns = new DnsCounters();
  registerDnsMetrics(registry, dns);
  for (const responseCode of [0, 3]) dns.count({ timeNs: 1, point: 0, isResponse: false, responseCode });
  const families = parsePrometheusText(await registry.metrics());
  expect(sumOf(families, 'podflow_probe_dns_queries_total')).toBe(2);
  expect(sumOf(families, RESPONSES)).toBe(0);
});
