import type { TunnelPort } from '../../model/tunnel-port.ts';
import { NO_TUNNEL, toTunnelNumber } from './tunnel-type.ts';

/** UDP destination ports behind which tunnels are looked for. */
export class TunnelPorts {
  readonly #ports: Uint16Array;
  readonly #types: Uint8Array;

  constructor(list: readonly TunnelPort[]) {
    this.#ports = Uint16Array.from(list, ({ port }) => port);
    this.#types = Uint8Array.from(list, ({ type }) => toTunnelNumber(type));
  }

  /** Number of the type that is looked for behind a port, or NO_TUNNEL. */
  typeAt(port: number): number {
    const at = this.#ports.indexOf(port);
    return at === -1 ? NO_TUNNEL : this.#types[at]!;
  }
}
