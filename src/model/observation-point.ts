import type { TunnelType } from './flow-record.ts';

/** Where an observer stands: on the pod's own interface, or on the host's end of its veth. */
export type ObserverSide = 'pod' | 'host';

/**
 * Where a flow was seen: one network interface in one network namespace, and within its frames either what they carry
 * themselves or what one tunnel carries. The `point` of a flow key (flow-delta.ts) is a number for one of these, given
 * by the capture backend and meaningful to it alone.
 */
export interface ObservationPoint {
  /** Name of the interface as records tell it. */
  readonly interfaceName: string;
  readonly side: ObserverSide;
  /** UID of the observed pod, where one observer looks at several. */
  readonly podUid: string | undefined;
  /** The encapsulation that the flow was seen in; its addresses are of this flow's sides. */
  readonly tunnel: Tunnel | undefined;
}

/** The outer header of an encapsulated flow. */
export interface Tunnel {
  readonly type: TunnelType;
  /** VXLAN or Geneve network identifier, 24 bits. */
  readonly id: number;
  /** Outer addresses as text: of the tunnel's end on the side of the inner flow's side 0, and of side 1. */
  readonly address0: string;
  readonly address1: string;
}

/** Names a point. Called once for each record, so it must be a lookup; it answers for every number. */
export type PointResolver = (point: number) => ObservationPoint;

/** The one point of an observer on a pod's own interface. */
export function createPodPoint(interfaceName: string): PointResolver {
  const point: ObservationPoint = { interfaceName, side: 'pod', podUid: undefined, tunnel: undefined };
  return () => point;
}
