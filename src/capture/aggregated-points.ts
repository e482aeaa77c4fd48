import { createPodPoint, type ObservationPoint, type Tunnel } from '../model/observation-point.ts';
import { MetTunnel } from './met-tunnel.ts';
import { MAX_TUNNELS } from './packet/tunnel-key.ts';
import { TunnelPoints } from './tunnel-points.ts';

/** Tunnels of the aggregator that runs, and of one before it. */
const KEPT_TUNNELS = 2 * MAX_TUNNELS;
/** Of the interface itself. */
const INTERFACE_POINT = 0;

/** Names the points of one interface whose frames are counted by a PacketAggregator, or by one after the other. */
export class AggregatedPoints {
  readonly #tunnels = new Map<number, MetTunnel>();
  readonly #points: TunnelPoints;
  #nextNumber = 1;

  constructor(interfaceName: string) {
    this.#points = new TunnelPoints((number) => this.#tunnels.get(number), createPodPoint(interfaceName));
  }

  /** From which a further aggregator is to number its tunnels. */
  get nextNumber(): number {
    return this.#nextNumber;
  }

  /** Takes what an aggregator tells by `TakeTunnel`. */
  addTunnel(number: number, tunnel: Tunnel): void {
    this.#tunnels.set(number, new MetTunnel(INTERFACE_POINT, tunnel));
    this.#nextNumber = number + 1;
    if (this.#tunnels.size <= KEPT_TUNNELS) return;
    for (const oldest of this.#tunnels.keys()) {
      this.#tunnels.delete(oldest);
      return;
    }
  }

  resolve(point: number): ObservationPoint {
    return this.#points.resolve(point);
  }
}
