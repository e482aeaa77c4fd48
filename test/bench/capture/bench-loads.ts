import type { Load } from './loads/load.ts';
import { createUdpFlood } from './loads/udp-flood.ts';
import { createWrkLoad } from './loads/wrk-load.ts';

/** The loads under which every frame is accounted for, by the names of the comparison with other observers. */
export const ACCOUNTED_LOADS = ['A', 'B', 'E', 'unpaced'] as const;
export type AccountedLoadName = (typeof ACCOUNTED_LOADS)[number];

const PACKETS_PER_SECOND = 150_000;
const FEW_FLOWS = { sourcePorts: 50, destinationPorts: 40 };
const MANY_FLOWS = { sourcePorts: 500, destinationPorts: 100 };

/** Seconds of each load: of a real run, and of a quick one. */
const SECONDS = {
  A: [20, 3],
  B: [8, 3],
  E: [8, 2],
  unpaced: [4, 1],
  saturated: [3, 1],
  paced: [2.5, 1],
} as const;

export function secondsOf(name: keyof typeof SECONDS, isQuick: boolean): number {
  const [real, quick] = SECONDS[name];
  return isQuick ? quick : real;
}

/** A: 2,000 long flows; B: 50,000, so that each packet meets another; E: a connection a request; unpaced: A at full speed. */
export function createAccountedLoad(name: AccountedLoadName, isQuick: boolean): Load {
  const seconds = secondsOf(name, isQuick);
  switch (name) {
    case 'A':
      return createUdpFlood({ ...FEW_FLOWS, packetsPerSecond: PACKETS_PER_SECOND, seconds });
    case 'B':
      return createUdpFlood({ ...MANY_FLOWS, packetsPerSecond: PACKETS_PER_SECOND, seconds });
    case 'E':
      return createWrkLoad({ connection: 'close', seconds });
    case 'unpaced':
      return createUdpFlood({ ...FEW_FLOWS, packetsPerSecond: 0, seconds });
  }
}
