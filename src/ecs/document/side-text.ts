import type { EndText } from './end-text.ts';
import type { ServiceText } from './service-text.ts';
import { toLong } from './to-long.ts';

/** What it takes to write one side of a connection. */
export interface Side {
  readonly end: EndText;
  readonly port: number | undefined;
  /** Sent by this side. */
  readonly bytes: number;
  readonly packets: number;
  /** The translated address as JSON text, empty where there is none. */
  readonly natIp: string;
  readonly natPort: number | undefined;
  readonly service: ServiceText | undefined;
}

/** Members of ECS `source` or `destination`: address, counts, NAT, Service's domain, names, place. */
export function toSideMembers(side: Side): string {
  const { end, service } = side;
  if (service === undefined) return toFlowMembers(side) + end.names;
  return toFlowMembers(side) + service.domain + end.openNames + service.kubernetes + end.place;
}

/** Members of ECS `client` or `server`: the same without names. */
export function toRoleMembers(side: Side): string {
  return toFlowMembers(side) + side.end.place;
}

/** The counts of a side that nothing was seen of are left out: 0 would say that it sent nothing. */
function toFlowMembers(side: Side): string {
  let text = side.end.head;
  if (side.port !== undefined) text += `,"port":${side.port}`;
  if (side.packets !== 0) text += `,"bytes":${toLong(side.bytes)},"packets":${toLong(side.packets)}`;
  return side.natIp === '' ? text : text + toNat(side);
}

function toNat({ natIp, natPort }: Side): string {
  return natPort === undefined ? `,"nat":{"ip":${natIp}}` : `,"nat":{"ip":${natIp},"port":${natPort}}`;
}
