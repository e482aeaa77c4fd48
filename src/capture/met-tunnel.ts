import type { ObservationPoint, Tunnel } from '../model/observation-point.ts';

/** A tunnel that flows were seen in. */
export class MetTunnel {
  /** At which its outer frames are seen. */
  readonly carrier: number;
  readonly tunnel: Tunnel;
  /** Set when a flow in it was named; who drops unused ones clears it. */
  isUsed = false;
  #carrier: ObservationPoint | undefined;
  #point: ObservationPoint | undefined;

  constructor(carrier: number, tunnel: Tunnel) {
    this.carrier = carrier;
    this.tunnel = tunnel;
  }

  /** The point of flows in the tunnel. Made anew only when more was learnt of the carrier. */
  at(carrier: ObservationPoint): ObservationPoint {
    if (this.#point === undefined || this.#carrier !== carrier) this.#point = { ...carrier, tunnel: this.tunnel };
    this.#carrier = carrier;
    return this.#point;
  }
}
