import ipaddr from 'ipaddr.js';
import { toCommunityId } from '../../src/lib/community-id.ts';
import type { Connection } from '../../src/model/connection.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import type { NamedEnd } from '../../src/model/named-end.ts';
import { createPodEnd } from './sample-ends.ts';

interface TupleText {
  readonly sourceAddress: string;
  readonly sourcePort: number | undefined;
  readonly destinationAddress: string;
  readonly destinationPort: number | undefined;
}

/** A test connection's ends, and its tuple as each side has it. */
interface SampleTuple {
  readonly source: NamedEnd;
  readonly destination: NamedEnd;
  readonly resolved: TupleText;
  readonly dialled: TupleText;
  readonly delivered: TupleText;
}

/** From a pod of `web` to a pod of `cart`, unless `rest` says otherwise. */
export function createTuple(rest: Partial<Connection>): SampleTuple {
  const source = rest.source ?? createPodEnd('10.244.1.7', 'web', 7);
  const destination = rest.destination ?? createPodEnd('10.244.2.9', 'cart', 9);
  const resolved: TupleText = {
    sourceAddress: source.address,
    sourcePort: 'sourcePort' in rest ? rest.sourcePort : 51_034,
    destinationAddress: destination.address,
    destinationPort: 'destinationPort' in rest ? rest.destinationPort : 8080,
  };
  const dialled = {
    ...resolved,
    destinationAddress: rest.dialledAddress ?? resolved.destinationAddress,
    destinationPort: rest.dialledPort ?? resolved.destinationPort,
  };
  const delivered = {
    ...resolved,
    sourceAddress: rest.translatedSourceAddress ?? resolved.sourceAddress,
    sourcePort: rest.translatedSourcePort ?? resolved.sourcePort,
  };
  return { source, destination, resolved, dialled, delivered };
}

/** What a record tells of the tuple: the client's is as dialled, the server's as delivered. */
export function toRecordTuple(
  tuple: SampleTuple,
  perspective: Connection['perspectives'],
  facts: Partial<FlowRecord> = {},
): Partial<FlowRecord> {
  const { dialled, delivered } = tuple;
  const isServer = perspective === 'server';
  const wire = isServer ? delivered : dialled;
  const told = { ...wire, direction: isServer ? 'ingress' : 'egress', communityId: toTupleId(wire, facts) } as const;
  const isTranslated =
    dialled.destinationAddress !== delivered.destinationAddress ||
    dialled.destinationPort !== delivered.destinationPort ||
    dialled.sourceAddress !== delivered.sourceAddress ||
    dialled.sourcePort !== delivered.sourcePort;
  if (isServer || !isTranslated) return told;
  return {
    ...told,
    natState: 'translated',
    natSourceAddress: delivered.sourceAddress,
    natSourcePort: delivered.sourcePort,
    natDestinationAddress: delivered.destinationAddress,
    natDestinationPort: delivered.destinationPort,
    natCommunityId: toTupleId(delivered, facts),
  };
}

/** Community ID of a tuple, of TCP where no protocol is told. */
export function toTupleId(tuple: TupleText, { protocolNumber = 6 }: Partial<FlowRecord>): string {
  return toCommunityId({
    protocol: protocolNumber,
    source: Uint8Array.from(ipaddr.parse(tuple.sourceAddress).toByteArray()),
    destination: Uint8Array.from(ipaddr.parse(tuple.destinationAddress).toByteArray()),
    sourcePort: tuple.sourcePort,
    destinationPort: tuple.destinationPort,
  });
}
