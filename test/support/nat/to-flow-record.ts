import { createFlowRecord } from '../../../src/lib/create-flow-record.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import type { ReceivedRecord } from '../otlp-receiver.ts';

type Value = ReceivedRecord['attributes'][string];

/** What a receiver got of a record's time, tuples and NAT state; nothing else is filled. */
export function toFlowRecord({ attributes, timeUnixNano }: ReceivedRecord, intervalMs: number): FlowRecord {
  const text = (name: string): string | undefined => toText(attributes[name]);
  const number = (name: string): number | undefined => toNumber(attributes[name]);
  return {
    ...createFlowRecord(),
    intervalStartNs: Number(timeUnixNano) - intervalMs * 1e6,
    startNs: number('flow.start') ?? 0,
    endNs: number('flow.end') ?? 0,
    sourceAddress: text('source.address') ?? '',
    sourcePort: number('source.port'),
    destinationAddress: text('destination.address') ?? '',
    destinationPort: number('destination.port'),
    natState: text('flow.nat.state') as FlowRecord['natState'],
    natSourceAddress: text('flow.nat.source.address'),
    natSourcePort: number('flow.nat.source.port'),
    natDestinationAddress: text('flow.nat.destination.address'),
    natDestinationPort: number('flow.nat.destination.port'),
    natCommunityId: text('flow.nat.community_id'),
    natOriginalSourceAddress: text('flow.nat.original.source.address'),
    natOriginalSourcePort: number('flow.nat.original.source.port'),
    natOriginalDestinationAddress: text('flow.nat.original.destination.address'),
    natOriginalDestinationPort: number('flow.nat.original.destination.port'),
  };
}

function toText(value: Value): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function toNumber(value: Value): number | undefined {
  return value === undefined ? undefined : Number(value);
}
