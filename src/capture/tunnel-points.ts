import { POINT_IS_TUNNEL } from '../model/flow-delta.ts';
import type { ObservationPoint, PointResolver } from '../model/observation-point.ts';
import type { MetTunnel } from './met-tunnel.ts';

/** Names points of which some are tunnels: those tell the interface that carries them, and the tunnel. */
export class TunnelPoints {
  readonly #find: (number: number) => MetTunnel | undefined;
  readonly #resolveCarrier: PointResolver;

  /**
   * @param find the tunnel of a number; undefined when it is not known any more
   * @param resolveCarrier names the points that are no tunnels
   */
  constructor(find: (number: number) => MetTunnel | undefined, resolveCarrier: PointResolver) {
    this.#find = find;
    this.#resolveCarrier = resolveCarrier;
  }

  resolve(point: number): ObservationPoint {
    if (point < POINT_IS_TUNNEL) return this.#resolveCarrier(point);
    const met = this.#find(point - POINT_IS_TUNNEL);
    if (met === undefined) return this.#resolveCarrier(0);
    met.isUsed = true;
    return met.at(this.#resolveCarrier(met.carrier));
  }

  /** The point at which the frames of a flow passed: of one in a tunnel, that of the outer frames. */
  carrierOf(point: number): number {
    if (point < POINT_IS_TUNNEL) return point;
    return this.#find(point - POINT_IS_TUNNEL)?.carrier ?? 0;
  }
}
