import type { TunnelType } from './flow-record.ts';

/** A UDP destination port behind which a tunnel is looked for. */
export interface TunnelPort {
  readonly type: TunnelType;
  readonly port: number;
}

/** As many ports as the kernel program compares. */
export const MAX_TUNNEL_PORTS = 8;

/** IANA's ports, and the one that Linux and flannel take for VXLAN. */
export const USUAL_TUNNEL_PORTS: readonly TunnelPort[] = [
  { type: 'vxlan', port: 4789 },
  { type: 'vxlan', port: 8472 },
  { type: 'geneve', port: 6081 },
];
