import { fromRecord, int, text, type ConnectionAttribute } from './connection-attribute.ts';
import { PERSPECTIVES } from './connection.ts';
import { DROP_REASONS } from './drop-reason.ts';
import { toEndAttributes } from './end-attributes.ts';
import { VERDICTS } from './flow-record.ts';
import { toSymptomText } from './flow-symptom.ts';
import { JUDGEMENT_ATTRIBUTES } from './judgement-attributes.ts';

export type { ConnectionAttribute };

/** What only both perspectives together tell, and what the server's says beside the client's. */
const JOINED_ATTRIBUTES: readonly ConnectionAttribute[] = [
  int('flow.connections', 'connections that began in the interval', ({ flowsBegun }) => flowsBegun),
  int(
    'flow.lost.packets.delta',
    'sent by the client, not seen by the server; below 0 where late ones of the last interval came',
    ({ lostPackets }) => lostPackets,
  ),
  int('flow.lost.bytes.delta', 'the same in bytes', ({ lostBytes }) => lostBytes),
  int('flow.reverse.lost.packets.delta', 'the way back', ({ reverseLostPackets }) => reverseLostPackets),
  int('flow.reverse.lost.bytes.delta', 'the same in bytes', ({ reverseLostBytes }) => reverseLostBytes),
  int('flow.server.bytes.delta', 'as the server saw it, where both were seen', (c) => c.serverRecord?.bytes),
  int('flow.server.packets.delta', 'likewise', (c) => c.serverRecord?.packets),
  int('flow.server.reverse.bytes.delta', 'likewise', (c) => c.serverRecord?.reverseBytes),
  int('flow.server.reverse.packets.delta', 'likewise', (c) => c.serverRecord?.reversePackets),
];

/**
 * The attributes of one connection in one interval with both ends named, in the order in which they are written. The
 * API, NDJSON and the documentation come from this list. Where a flow record has the same fact, it has the same name.
 */
export const CONNECTION_ATTRIBUTES: readonly ConnectionAttribute[] = [
  ...fromRecord('flow.event', 'flow.end_reason', 'flow.start', 'flow.end'),
  text('flow.perspectives', 'whose observers told of it', ({ perspectives }) => perspectives, PERSPECTIVES),
  text('flow.community_id', 'Community ID v1 of source and destination', ({ communityId }) => communityId),
  ...fromRecord('flow.initiator'),
  ...toEndAttributes('source'),
  ...toEndAttributes('destination'),
  text(
    'flow.nat.original.destination.address',
    'what the client dialled, where that is not the destination',
    ({ dialledAddress }) => dialledAddress,
  ),
  int('flow.nat.original.destination.port', 'the same', ({ dialledPort }) => dialledPort),
  text(
    'flow.nat.source.address',
    'the client as the server sees it, where that is not the source',
    ({ translatedSourceAddress }) => translatedSourceAddress,
  ),
  int('flow.nat.source.port', 'the same', ({ translatedSourcePort }) => translatedSourcePort),
  ...fromRecord('flow.nat.state', 'network.transport', 'network.type', 'network.protocol.number'),
  ...fromRecord('network.connection.state', 'flow.bytes.delta', 'flow.packets.delta'),
  ...fromRecord('flow.reverse.bytes.delta', 'flow.reverse.packets.delta'),
  ...JOINED_ATTRIBUTES,
  ...fromRecord('flow.tcp.flags.bits', 'flow.reverse.tcp.flags.bits'),
  ...fromRecord('flow.tcp.retransmits.delta', 'flow.reverse.tcp.retransmits.delta'),
  ...fromRecord('flow.tcp.syn.retries', 'flow.tcp.handshake.latency', 'flow.tcp.rndtrip.latency'),
  ...fromRecord('flow.icmp.type.id', 'flow.icmp.code.id', 'flow.icmp.mtu'),
  text('flow.symptoms', 'what else went wrong in the interval, commas between', ({ record, serverRecord }) =>
    toSymptomText(record.symptoms | (serverRecord?.symptoms ?? 0)),
  ),
  text('flow.verdict', 'what became of it', ({ verdict }) => verdict, VERDICTS),
  text('flow.drop.reason', 'why dropped or rejected', ({ dropReason }) => dropReason, DROP_REASONS),
  ...fromRecord('flow.drop.packets.delta', 'flow.drop.bytes.delta'),
  ...JUDGEMENT_ATTRIBUTES,
  ...fromRecord('flow.sampling.rate'),
  ...fromRecord('tunnel.type', 'tunnel.id', 'tunnel.source.address', 'tunnel.destination.address'),
];
