import { POINT_IS_TUNNEL } from '../../model/flow-delta.ts';
import type { Tunnel } from '../../model/observation-point.ts';
import type { TunnelPort } from '../../model/tunnel-port.ts';
import type { Decapsulation } from './decapsulation.ts';
import type { DecodedPacket } from './decoded-packet.ts';
import { enterTunnel } from './enter-tunnel.ts';
import { KeyTable, NO_ENTRY } from './key-table.ts';
import { fillTunnelKey, MAX_TUNNELS, toTunnel, TUNNEL_KEY_BYTES } from './tunnel-key.ts';
import { TunnelPorts } from './tunnel-ports.ts';

/** Takes the number of a tunnel that is met for the first time. */
export type TakeTunnel = (number: number, tunnel: Tunnel) => void;

/** Looks into the tunnels of one observed interface, whose own point is 0. */
export class Decapsulator implements Decapsulation {
  readonly #ports: TunnelPorts;
  readonly #table = new KeyTable(TUNNEL_KEY_BYTES / 4, MAX_TUNNELS);
  readonly #key = new Uint32Array(TUNNEL_KEY_BYTES / 4);
  readonly #firstNumber: number;
  readonly #onTunnel: TakeTunnel;

  constructor(ports: readonly TunnelPort[], firstNumber: number, onTunnel: TakeTunnel) {
    this.#ports = new TunnelPorts(ports);
    this.#firstNumber = firstNumber;
    this.#onTunnel = onTunnel;
  }

  enter(bytes: Uint8Array, end: number, frameEnd: number, packet: DecodedPacket): boolean {
    return enterTunnel(bytes, end, frameEnd, packet, this.#ports);
  }

  point(bytes: Uint8Array, packet: DecodedPacket): number {
    fillTunnelKey(this.#key, bytes, packet, 0, packet.side);
    const known = this.#table.count;
    const entry = this.#table.findOrInsert(this.#key);
    if (entry === NO_ENTRY) return 0;
    const number = this.#firstNumber + entry;
    if (entry === known) this.#onTunnel(number, toTunnel(new Uint8Array(this.#key.buffer)));
    return POINT_IS_TUNNEL | number;
  }

  quotedPoint(bytes: Uint8Array, packet: DecodedPacket, quotedSide: 0 | 1): number {
    fillTunnelKey(this.#key, bytes, packet, 0, quotedSide === 0 ? 1 : 0);
    const entry = this.#table.find(this.#key);
    return POINT_IS_TUNNEL | (entry === NO_ENTRY ? 0 : this.#firstNumber + entry);
  }
}
