import type { Conversed } from './conversation-table.ts';

/** Reads back what the demo needs of a flow record in NDJSON; undefined for any other line. */
export function parseFlowLine(line: string): Conversed | undefined {
  const object = parseObject(line);
  if (object === undefined || typeof object['flow.id'] !== 'string') return undefined;
  const text = (name: string): string => (typeof object[name] === 'string' ? object[name] : '');
  const count = (name: string): number => (typeof object[name] === 'number' ? object[name] : 0);
  const optional = (name: string): number | undefined => (typeof object[name] === 'number' ? object[name] : undefined);
  const address = text('flow.nat.destination.address');
  return {
    natState: (object['flow.nat.state'] as Conversed['natState']) ?? undefined,
    natDestinationAddress: address === '' ? undefined : address,
    natDestinationPort: optional('flow.nat.destination.port'),
    direction: text('flow.direction') as Conversed['direction'],
    sequence: count('flow.sequence'),
    sourceAddress: text('source.address'),
    destinationAddress: text('destination.address'),
    destinationPort: optional('destination.port'),
    transport: text('network.transport'),
    bytes: count('flow.bytes.delta'),
    packets: count('flow.packets.delta'),
    reverseBytes: count('flow.reverse.bytes.delta'),
    reversePackets: count('flow.reverse.packets.delta'),
    verdict: text('flow.verdict') as Conversed['verdict'],
    dropReason: (object['flow.drop.reason'] as Conversed['dropReason']) ?? undefined,
    rttNs: optional('flow.tcp.rndtrip.latency'),
  };
}

/** The JSON object on a line, undefined when there is none. */
export function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
