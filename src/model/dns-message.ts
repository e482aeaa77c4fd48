/** What the header of a DNS message over UDP tells (RFC 1035 §4.1.1). */
export interface DnsMessage {
  /** Nanoseconds since the Unix epoch. */
  readonly timeNs: number;
  /** Where it was seen (flow-delta.ts). */
  readonly point: number;
  readonly isResponse: boolean;
  /** RCODE, 0 to 15, an index of DNS_RESPONSE_CODES; of a query without meaning. */
  readonly responseCode: number;
}

/**
 * Names of the response codes (RFC 6895 §2.3, RFC 8490 §10.2), and of the numbers without one. The header has four bits
 * for them: an extended code (RFC 6891 §6.1.3) shows by its lower four, so BADVERS as NOERROR.
 */
export const DNS_RESPONSE_CODES = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
  'DSOTYPENI',
  'RESERVED12',
  'RESERVED13',
  'RESERVED14',
  'RESERVED15',
] as const;
