import type { FrameDirection } from '../packet/packet-aggregator.ts';

const SOURCE_AT = 6;
const ADDRESS_BYTES = 6;

/**
 * Direction of an Ethernet frame by its source: the interface's own address went out, any other came in.
 * @param ownAddress undefined where addresses do not tell (loopback): then neither does this
 */
export function toFrameDirection(frame: Uint8Array, ownAddress: Uint8Array | undefined): FrameDirection | undefined {
  if (ownAddress?.length !== ADDRESS_BYTES) return undefined;
  for (let i = 0; i < ADDRESS_BYTES; i++) if (frame[SOURCE_AT + i] !== ownAddress[i]) return 'incoming';
  return 'outgoing';
}
