import { MAX_TUNNEL_PORTS, type TunnelPort } from '../../model/tunnel-port.ts';
import { toTunnelNumber } from '../packet/tunnel-type.ts';

/**
 * What the program writes as the `point` of its keys: 0 for the `one` interface that it looks at; the index of the
 * interface, so that the sockets of many can carry it; or a number, for an interface whose index means nothing outside
 * of its network namespace.
 */
export type FlowPoints = 'one' | 'by_interface' | number;

export interface ProgramConstantOptions {
  readonly isLoopback: boolean;
  readonly points: FlowPoints;
  readonly decapsulate: readonly TunnelPort[];
}

const PORT_TYPE_SHIFT = 16;

/** Words of `struct constants` in flow.h. Tunnel ports beyond MAX_TUNNEL_PORTS are left out. */
export function toProgramConstants({ isLoopback, points, decapsulate }: ProgramConstantOptions): number[] {
  const ports = decapsulate.slice(0, MAX_TUNNEL_PORTS);
  return [
    isLoopback ? 1 : 0,
    points === 'by_interface' ? 1 : 0,
    typeof points === 'number' ? points : 0,
    ...ports.map(({ type, port }) => port | (toTunnelNumber(type) << PORT_TYPE_SHIFT)),
    ...Array.from({ length: MAX_TUNNEL_PORTS - ports.length }, () => 0),
  ];
}
