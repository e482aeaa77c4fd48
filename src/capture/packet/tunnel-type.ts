import { TUNNEL_TYPES, type TunnelType } from '../../model/flow-record.ts';

/** Number of what is no tunnel. */
export const NO_TUNNEL = 0;

/** Number of an encapsulation in packets and keys: `enum tunnel_type` of flow.h. */
export function toTunnelNumber(type: TunnelType): number {
  return TUNNEL_TYPES.indexOf(type) + 1;
}
