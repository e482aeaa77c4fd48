import type { Registry } from 'prom-client';
import { DNS_RESPONSE_CODES } from '../model/dns-message.ts';
import type { DnsCounters } from './dns-counters.ts';
import { METRICS } from './metric-list.ts';
import { registerGroup } from './register-group.ts';

/**
 * Codes up to REFUSED, those that answer queries (RFC 1035), stand at 0 from the start: Prometheus makes no rate of a
 * series that begins above 0. The others, of updates and sessions, are shown once they were seen.
 */
const LAST_USUAL_CODE = DNS_RESPONSE_CODES.indexOf('REFUSED');

/** Shows DNS queries and responses. */
export function registerDnsMetrics(registry: Registry, dns: DnsCounters): void {
  const { dnsQueries, dnsResponses } = METRICS;
  registerGroup(registry, [dnsQueries, dnsResponses], (report) => {
    report(dnsQueries, {}, dns.queries);
    for (const [code, response_code] of DNS_RESPONSE_CODES.entries()) {
      const count = dns.responses[code] ?? 0;
      if (code <= LAST_USUAL_CODE || count > 0) report(dnsResponses, { response_code }, count);
    }
  });
}
