import { KEY_KIND } from '../model/flow-delta.ts';
import type { FlowEndReason, FlowRecord } from '../model/flow-record.ts';
import { SYMPTOM_BIT } from '../model/flow-symptom.ts';
import { IP_PROTOCOL, toTransportName } from '../model/ip-protocol.ts';
import type { ObservationPoint, PointResolver } from '../model/observation-point.ts';
import { AddressTexts } from '../lib/address-texts.ts';
import { toCommunityId } from '../lib/community-id.ts';
import { clearTcp, fillTcp } from './fill-tcp.ts';
import { DirectionResolver } from './flow-direction.ts';
import type { FlowRow, Side } from './flow-row.ts';
import { ORIENTATION } from './row-layout.ts';
import { resolveSymptoms } from './symptoms.ts';
import { resolveVerdict } from './verdict.ts';

export interface RecordFillerOptions {
  readonly resolvePoint: PointResolver;
  /** Addresses of the observed pod, by which direction is told where the capture does not tell it. */
  readonly ownAddresses: readonly string[];
  readonly flowIdPrefix: string;
}

/** The report that a record belongs to. */
export interface ReportMoment {
  readonly intervalStartNs: number;
  readonly intervalEndNs: number;
  /** When it is made, on the clock of the deltas. */
  readonly nowNs: number;
  /** Added to a time of the deltas it gives nanoseconds since the epoch. */
  readonly clockOffsetNs: number;
}

/** Writes what a row has to tell into a record. The row must be oriented. */
export class RecordFiller {
  readonly #resolvePoint: PointResolver;
  readonly #idPrefix: string;
  readonly #addresses = new AddressTexts();
  readonly #directions: DirectionResolver;

  constructor(options: RecordFillerOptions) {
    this.#resolvePoint = options.resolvePoint;
    this.#idPrefix = `${options.flowIdPrefix}-`;
    this.#directions = new DirectionResolver(options.ownAddresses);
  }

  fill(record: FlowRecord, row: FlowRow, moment: ReportMoment, endReason: FlowEndReason | undefined): void {
    const { client } = row;
    const server = client === 0 ? 1 : 0;
    // Asked anew each time: of a pod more may be known by now than when its flow began.
    const point = this.#resolvePoint(row.point);
    record.flowId = this.#idPrefix + row.serial.toString(36);
    record.sequence = row.sequence;
    record.event = endReason !== undefined ? 'end' : row.sequence === 0 ? 'start' : 'update';
    record.endReason = endReason;
    fillPoint(record, point, client);
    this.#fillEnds(record, row, point, client, server);
    fillTimes(record, row, moment);
    fillTraffic(record, row, client, server);
    if (row.isTcp) fillTcp(record, row, client, server, moment.nowNs);
    else clearTcp(record);
    fillIcmp(record, row, client);
    fillVerdict(record, row, moment.nowNs);
    fillSymptoms(record, row, client, server, moment.nowNs);
  }

  #fillEnds(record: FlowRecord, row: FlowRow, { side }: ObservationPoint, client: Side, server: Side): void {
    const { addresses, communityIds } = row.chunk;
    const communityId = communityIds[row.local] ?? this.#makeTexts(row);
    const source = addresses[2 * row.local + client] ?? '';
    const destination = addresses[2 * row.local + server] ?? '';
    const { hasPorts, protocol } = row;
    record.communityId = communityId;
    record.direction = this.#directions.resolve(side, row.seen(client), row.seen(server), source, destination);
    record.initiator = (row.orientation & ORIENTATION.bySyn) === 0 ? 'guess' : 'syn';
    record.sourceAddress = source;
    record.sourcePort = hasPorts ? row.port(client) : undefined;
    record.destinationAddress = destination;
    record.destinationPort = hasPorts ? row.port(server) : undefined;
    record.transport = toTransportName(protocol);
    record.networkType = row.isIpv6 ? 'ipv6' : 'ipv4';
    record.protocolNumber = protocol;
  }

  /** Once for each key: they cost more than all the rest of a record. */
  #makeTexts(row: FlowRow): string {
    const { addresses, communityIds } = row.chunk;
    const source = row.addressBytes(0);
    const destination = row.addressBytes(1);
    const isFragment = row.kind === KEY_KIND.fragment;
    addresses[2 * row.local] = this.#addresses.toText(source);
    addresses[2 * row.local + 1] = this.#addresses.toText(destination);
    const communityId = toCommunityId({
      protocol: row.protocol,
      source,
      destination,
      sourcePort: isFragment ? undefined : row.port(0),
      destinationPort: isFragment ? undefined : row.port(1),
    });
    communityIds[row.local] = communityId;
    return communityId;
  }
}

function fillPoint(record: FlowRecord, { interfaceName, podUid, tunnel }: ObservationPoint, client: Side): void {
  record.interfaceName = interfaceName;
  record.podUid = podUid;
  if (tunnel === undefined) {
    if (record.tunnelType !== undefined) clearTunnel(record);
    return;
  }
  record.tunnelType = tunnel.type;
  record.tunnelId = tunnel.id;
  record.tunnelSourceAddress = client === 0 ? tunnel.address0 : tunnel.address1;
  record.tunnelDestinationAddress = client === 0 ? tunnel.address1 : tunnel.address0;
}

/** Leaves no trace of the record's last flow in a tunnel. */
function clearTunnel(record: FlowRecord): void {
  record.tunnelType = undefined;
  record.tunnelId = undefined;
  record.tunnelSourceAddress = undefined;
  record.tunnelDestinationAddress = undefined;
}

function fillTimes(record: FlowRecord, row: FlowRow, moment: ReportMoment): void {
  const has0 = row.frames(0) !== 0;
  const has1 = row.frames(1) !== 0;
  const firstNs = has0 && has1 ? Math.min(row.firstNs(0), row.firstNs(1)) : row.firstNs(has0 ? 0 : 1);
  const lastNs = has0 && has1 ? Math.max(row.lastNs(0), row.lastNs(1)) : row.lastNs(has0 ? 0 : 1);
  record.intervalStartNs = moment.intervalStartNs;
  record.intervalEndNs = moment.intervalEndNs;
  record.startNs = firstNs + moment.clockOffsetNs;
  record.endNs = lastNs + moment.clockOffsetNs;
}

function fillTraffic(record: FlowRecord, row: FlowRow, client: Side, server: Side): void {
  record.bytes = row.bytes(client);
  record.packets = row.frames(client);
  record.reverseBytes = row.bytes(server);
  record.reversePackets = row.frames(server);
}

/** The pair of ICMP types is in the ports of a two-way flow; its messages have code 0. */
function fillIcmp(record: FlowRecord, row: FlowRow, client: Side): void {
  const { protocol, kind } = row;
  const isIcmp = protocol === IP_PROTOCOL.icmp || protocol === IP_PROTOCOL.icmp6;
  const isTold = isIcmp && kind !== KEY_KIND.fragment;
  const isOneWay = kind === KEY_KIND.icmpOneWay;
  record.icmpType = isTold ? row.port(client) : undefined;
  record.icmpCode = isTold ? (isOneWay ? row.port(1) : 0) : undefined;
}

function fillVerdict(record: FlowRecord, row: FlowRow, nowNs: number): void {
  const { verdict, reason } = resolveVerdict(row, nowNs);
  record.verdict = verdict;
  record.dropReason = reason;
  record.dropPackets = reason === undefined ? undefined : record.packets;
  record.dropBytes = reason === undefined ? undefined : record.bytes;
}

function fillSymptoms(record: FlowRecord, row: FlowRow, client: Side, server: Side, nowNs: number): void {
  const symptoms = resolveSymptoms(record, row, client, server, nowNs);
  record.symptoms = symptoms;
  record.icmpMtuBytes = (symptoms & SYMPTOM_BIT.packet_too_big) === 0 ? undefined : row.icmpMtuBytes || undefined;
}
