import type { FlowRecord } from '../model/flow-record.ts';
import { toByteText, toCountText, toDurationText } from './human-units.ts';

export interface TableColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Width from the start, of what the column holds as a rule; it grows with what it must hold. */
  readonly width: number;
  readonly text: (record: FlowRecord) => string;
}

/** `255.255.255.255:65535` */
const IPV4_ENDPOINT_WIDTH = 21;
const NOTHING = '-';

/** The columns of the table, from left to right. */
export const TABLE_COLUMNS: readonly TableColumn[] = [
  { title: 'TIME (UTC)', align: 'left', width: 12, text: (r) => toClockText(r.startNs) },
  {
    title: 'SOURCE',
    align: 'left',
    width: IPV4_ENDPOINT_WIDTH,
    text: (r) => toEndpointText(r.sourceAddress, r.sourcePort),
  },
  {
    title: '  DESTINATION',
    align: 'left',
    width: 2 + IPV4_ENDPOINT_WIDTH,
    text: (r) => `→ ${toEndpointText(r.destinationAddress, r.destinationPort)}`,
  },
  { title: 'PROTO', align: 'left', width: 5, text: (r) => r.transport },
  { title: 'STATE', align: 'left', width: 11, text: (r) => r.connectionState ?? NOTHING },
  { title: '→ PKTS', align: 'right', width: 6, text: (r) => toCountText(r.packets) },
  { title: '→ BYTES', align: 'right', width: 7, text: (r) => toByteText(r.bytes) },
  { title: '← PKTS', align: 'right', width: 6, text: (r) => toCountText(r.reversePackets) },
  { title: '← BYTES', align: 'right', width: 7, text: (r) => toByteText(r.reverseBytes) },
  {
    title: 'RTT',
    align: 'right',
    width: 6,
    text: (r) => (r.rttNs === undefined ? NOTHING : toDurationText(r.rttNs)),
  },
  { title: 'VERDICT', align: 'left', width: 9, text: toVerdictText },
];

function toVerdictText({ verdict, dropReason }: FlowRecord): string {
  return dropReason === undefined ? verdict : `${verdict}: ${dropReason}`;
}

/** `address:port`, an IPv6 address in brackets (RFC 5952 §6), the bare address for protocols without ports. */
function toEndpointText(address: string, port: number | undefined): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** `12:34:56.789` */
function toClockText(timeNs: number): string {
  return new Date(timeNs / 1e6).toISOString().slice(11, 23);
}
