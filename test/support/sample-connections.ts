import { createFlowRecord } from '../../src/lib/create-flow-record.ts';
import type { Connection } from '../../src/model/connection.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { SAMPLE_TIME_NS } from './otlp-sample-records.ts';
import { createExternalEnd, createObserver, createPodEnd, createService } from './sample-ends.ts';
import { createTuple, toRecordTuple, toTupleId } from './sample-tuple.ts';

export const SAMPLE_INTERVAL_MS = SAMPLE_TIME_NS / 1e6;

/** The facts of a test connection; all others follow from them. `record` changes single facts of its record. */
export interface ConnectionChanges extends Partial<Omit<Connection, 'record' | 'serverRecord'>> {
  readonly record?: Partial<FlowRecord>;
  /** With it the server's perspective is there too. */
  readonly serverRecord?: Partial<FlowRecord>;
}

/**
 * A connection as the join hands it on: TCP from a pod of `web` to a pod of `cart`, seen by the client, unless `changes`
 * say otherwise. Community IDs and the records' tuples follow from ends, ports and translation.
 */
export function createSampleConnection(changes: ConnectionChanges = {}): Connection {
  const { record: recordChanges, serverRecord: serverChanges, ...rest } = changes;
  const tuple = createTuple(rest);
  const perspectives = rest.perspectives ?? (serverChanges === undefined ? 'client' : 'both');
  const record = { ...createTcpFacts(), ...toRecordTuple(tuple, perspectives, recordChanges), ...recordChanges };
  const serverRecord = serverChanges && { ...record, ...toRecordTuple(tuple, 'server', record), ...serverChanges };
  return {
    joinId: toTupleId(tuple.delivered, record),
    intervalStartMs: SAMPLE_INTERVAL_MS,
    part: 0,
    observer: createObserver(perspectives === 'server' ? tuple.destination : tuple.source),
    service: undefined,
    dialledAddress: undefined,
    dialledPort: undefined,
    translatedSourceAddress: undefined,
    translatedSourcePort: undefined,
    communityId: toTupleId(tuple.resolved, record),
    verdict: record.verdict,
    dropReason: record.dropReason,
    dropPlace: undefined,
    evidence: [],
    judgement: undefined,
    finding: undefined,
    flowsBegun: record.event === 'start' ? 1 : 0,
    lostPackets: serverRecord && record.packets - serverRecord.packets,
    lostBytes: serverRecord && record.bytes - serverRecord.bytes,
    reverseLostPackets: serverRecord && serverRecord.reversePackets - record.reversePackets,
    reverseLostBytes: serverRecord && serverRecord.reverseBytes - record.reverseBytes,
    ...rest,
    source: tuple.source,
    sourcePort: tuple.resolved.sourcePort,
    destination: tuple.destination,
    destinationPort: tuple.resolved.destinationPort,
    perspectives,
    record,
    serverRecord,
  };
}

/**
 * Connections as a busy cluster has them: among 40 pods and a few addresses outside, a tenth of them through a Service,
 * every second one seen from both sides, some dropped or refused, some UDP. Ends, Services and observers are shared.
 */
export function createSampleConnections(count: number): Connection[] {
  const pods = Array.from({ length: 40 }, (_, i) => createPodEnd(`10.244.${i % 8}.${10 + i}`, `app-${i % 10}`, i));
  const outside = Array.from({ length: 5 }, (_, i) => createExternalEnd(`203.0.113.${10 + i}`));
  const services = Array.from({ length: 10 }, (_, i) => createService(`app-${i}`));
  const observers = pods.map((pod) => createObserver(pod));
  return Array.from({ length: count }, (_, index) => {
    const destination = index % 8 === 5 ? outside[index % outside.length]! : pods[(index * 7 + 1) % pods.length]!;
    const client = (index * 3) % pods.length;
    const base: ConnectionChanges = {
      source: pods[client]!,
      observer: observers[client]!,
      sourcePort: 32_768 + ((index * 7919) % 28_000),
      destination,
      record: createVariedFacts(index),
    };
    if (destination.kind === 'external') return createSampleConnection(base);
    const service = services[((index * 7 + 1) % pods.length) % 10];
    const dialled =
      index % 10 === 0 ? { service, dialledAddress: `10.96.0.${10 + (index % 10)}`, dialledPort: 80 } : {};
    return createSampleConnection({ ...base, ...dialled, ...(index % 2 === 0 ? { serverRecord: {} } : {}) });
  });
}

function createVariedFacts(index: number): Partial<FlowRecord> {
  const facts = {
    flowId: `8f3a61c2d07b-${(1_000_000 + index).toString(36)}`,
    sequence: index % 4,
    event: index % 4 === 0 ? 'start' : 'update',
    bytes: 1_415 + ((index * 131) % 90_000),
    reverseBytes: 6_343 + ((index * 977) % 900_000),
  } as const;
  if (index % 25 === 7) return { ...facts, ...REFUSED };
  if (index % 25 === 9) return { ...facts, ...UNANSWERED };
  return index % 10 === 3 ? { ...facts, ...UDP_FACTS } : facts;
}

function createTcpFacts(): FlowRecord {
  return {
    ...createFlowRecord(),
    flowId: '8f3a61c2d07b-lfls',
    sequence: 3,
    event: 'update',
    intervalStartNs: SAMPLE_TIME_NS,
    intervalEndNs: SAMPLE_TIME_NS + 10e9,
    startNs: SAMPLE_TIME_NS + 1_024_000_000,
    endNs: SAMPLE_TIME_NS + 8_192_000_000,
    initiator: 'syn',
    transport: 'tcp',
    protocolNumber: 6,
    interfaceName: 'eth0',
    connectionState: 'established',
    bytes: 1_415,
    packets: 10,
    reverseBytes: 6_343,
    reversePackets: 11,
    tcpFlags: 0x1a,
    reverseTcpFlags: 0x1a,
    retransmits: 1,
    reverseRetransmits: 0,
    rttNs: 212_000,
    verdict: 'forwarded',
    natState: 'none',
  };
}

/** What a record of UDP does not tell. */
export const UDP_FACTS: Partial<FlowRecord> = {
  transport: 'udp',
  protocolNumber: 17,
  initiator: 'guess',
  connectionState: undefined,
  tcpFlags: undefined,
  reverseTcpFlags: undefined,
  retransmits: undefined,
  reverseRetransmits: undefined,
  rttNs: undefined,
};

/** A port where nobody listens. */
export const REFUSED: Partial<FlowRecord> = {
  event: 'end',
  endReason: 'end_of_flow_detected',
  verdict: 'rejected',
  dropReason: 'connection_refused',
  dropPackets: 1,
  dropBytes: 74,
  connectionState: 'closed',
  tcpFlags: 0x02,
  reverseTcpFlags: 0x14,
};

/** What evidence tells of a drop: nobody counted a packet of the flow. */
export const NO_TRAFFIC: Partial<FlowRecord> = {
  flowId: '',
  sequence: 0,
  direction: 'unknown',
  initiator: 'guess',
  interfaceName: '',
  connectionState: undefined,
  bytes: 0,
  packets: 0,
  reverseBytes: 0,
  reversePackets: 0,
  tcpFlags: undefined,
  reverseTcpFlags: undefined,
  retransmits: undefined,
  reverseRetransmits: undefined,
  rttNs: undefined,
  natState: undefined,
  verdict: 'dropped',
};

/** A SYN, sent again, that nothing answers. */
export const UNANSWERED: Partial<FlowRecord> = {
  event: 'start',
  verdict: 'dropped',
  dropReason: 'syn_unanswered',
  dropPackets: 3,
  dropBytes: 222,
  bytes: 222,
  packets: 3,
  reverseBytes: 0,
  reversePackets: 0,
  connectionState: 'syn_sent',
  tcpFlags: 0x02,
  reverseTcpFlags: undefined,
  reverseRetransmits: undefined,
  rttNs: undefined,
};
