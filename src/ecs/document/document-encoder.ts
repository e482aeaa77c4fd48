import type { Connection } from '../../model/connection.ts';
import type { FlowRecord } from '../../model/flow-record.ts';
import type { BulkLines } from './bulk-lines.ts';
import { DocumentCaches } from './document-caches.ts';
import { toDocumentId } from './document-id.ts';
import { DEFAULT_DOCUMENT_OPTIONS, type DocumentOptions } from './document-options.ts';
import { DROP_REASON_TEXTS } from './drop-reason-texts.ts';
import { EVENT_END, EVENT_START, EVENT_TEXTS } from './event-texts.ts';
import { toEvidence } from './evidence-text.ts';
import { toJsonText } from './json-text.ts';
import type { JudgementText } from './judgement-text.ts';
import { toObservationText, toWitnessText } from './observation-text.ts';
import { toComparison, toFateMembers, toProtocolFacts } from './own-text.ts';
import { toRelated } from './related-text.ts';
import { toRoleMembers, toSideMembers, type Side } from './side-text.ts';
import { TimeTexts } from './time-texts.ts';
import { toLong } from './to-long.ts';
import { toTranslation } from './translation-text.ts';

export const ECS_VERSION = '9.4.0';
export const DATASET = 'podflow.flow';

/**
 * Writes connections as ECS documents in the lines of a bulk body: the one encoder for all outputs. A document is put
 * together from constant pieces and texts that are kept for each end, Service and observer; nothing goes through
 * `JSON.stringify`. What is not known is left out, never 0 or null. `DOCUMENT_FIELDS` lists what it may hold.
 */
export class DocumentEncoder {
  readonly #options: DocumentOptions;
  readonly #caches: DocumentCaches;
  readonly #times = new TimeTexts();
  readonly #constants: string;

  constructor(options: Partial<DocumentOptions> = {}) {
    this.#options = { ...DEFAULT_DOCUMENT_OPTIONS, ...options };
    this.#caches = new DocumentCaches(this.#options.cachedEnds);
    this.#constants =
      `,"ecs":{"version":"${ECS_VERSION}"},"type":"flow",` +
      `"data_stream":{"type":"logs","dataset":"${DATASET}","namespace":${toJsonText(this.#options.namespace)}},` +
      `"event":{"kind":"event","category":["network"],"dataset":"${DATASET}","module":"podflow",`;
  }

  /** Appends a document for each connection, in their order, and reads the connections before it returns. */
  encode(batch: readonly Connection[], sink: BulkLines): void {
    for (const connection of batch) {
      const id = toDocumentId(connection.joinId, connection.intervalStartMs, connection.part);
      sink.append(id, this.#toDocument(connection, id));
    }
  }

  #toDocument(connection: Connection, id: string): string {
    const { record } = connection;
    const source = this.#toSource(connection);
    const destination = this.#toDestination(connection);
    const judged = connection.judgement === undefined ? undefined : this.#caches.judgements.get(connection.judgement);
    return (
      `{"@timestamp":${this.#times.toJson(record.intervalEndNs)}${this.#constants}` +
      `${this.#toEventMembers(connection, id)}${toReason(connection, judged)}},"network":{${this.#toNetworkMembers(connection)}` +
      `},"source":{${toSideMembers(source)}},"destination":{${toSideMembers(destination)}}` +
      (this.#options.hasRoles ? toRoles(record, source, destination) : '') +
      this.#toRelated(connection, source, destination) +
      this.#toObservation(connection, source, destination) +
      (judged !== undefined && isFailure(connection) ? judged.rule : '') +
      `,"podflow":{${toFateMembers(connection)}` +
      (connection.evidence.length === 0 ? '' : toEvidence(connection.evidence)) +
      (judged === undefined ? '' : judged.own) +
      (connection.finding === undefined ? '' : `,"finding":"${connection.finding}"`) +
      source.end.ownSource +
      destination.end.ownDestination +
      (destination.service === undefined ? '' : destination.service.own) +
      toTranslation(connection, this.#caches) +
      toProtocolFacts(record, record.protocolNumber === 6 ? this.#caches.tcp.toMembers(record) : '') +
      `${toComparison(connection)}}}`
    );
  }

  #toSource({ source, sourcePort, record, translatedSourceAddress, translatedSourcePort }: Connection): Side {
    return {
      end: this.#caches.ends.get(source),
      port: sourcePort,
      bytes: record.bytes,
      packets: record.packets,
      natIp: translatedSourceAddress === undefined ? '' : this.#caches.addresses.get(translatedSourceAddress),
      natPort: translatedSourcePort,
      service: undefined,
    };
  }

  #toDestination({ destination, destinationPort, record, service }: Connection): Side {
    return {
      end: this.#caches.ends.get(destination),
      port: destinationPort,
      bytes: record.reverseBytes,
      packets: record.reversePackets,
      natIp: '',
      natPort: undefined,
      service: service === undefined ? undefined : this.#caches.services.get(service),
    };
  }

  /** Evidence has no beginning and no end: it tells of the packets that were dropped. */
  #toEventMembers({ record, flowsBegun, verdict, perspectives }: Connection, id: string): string {
    const { startNs, endNs } = record;
    const begun = flowsBegun > 0 || record.event === 'start' ? EVENT_START : 0;
    const bits = perspectives === 'none' ? 0 : begun | (record.event === 'end' ? EVENT_END : 0);
    let text = `${EVENT_TEXTS[verdict][bits]},"id":"${id}","sequence":${record.sequence}`;
    if (startNs > 0) text += `,"start":${this.#times.toJson(startNs)}`;
    if (endNs > 0) text += `,"end":${this.#times.toJson(endNs)}`;
    if (startNs > 0 && endNs >= startNs) text += `,"duration":${endNs - startNs}`;
    return text;
  }

  #toObservation({ record, observer, perspectives }: Connection, source: Side, destination: Side): string {
    const told = this.#caches.observers.get(observer);
    if (perspectives === 'none') return toWitnessText(record, told);
    return toObservationText(record, told, perspectives === 'server' ? destination.end : source.end);
  }

  #toNetworkMembers({ record, communityId, perspectives }: Connection): string {
    let text = this.#caches.networks.toMembers(record);
    if (perspectives !== 'none') {
      const bytes = toLong(record.bytes + record.reverseBytes);
      text += `,"bytes":${bytes},"packets":${toLong(record.packets + record.reversePackets)}`;
    }
    return communityId === '' ? text : `${text},"community_id":${toJsonText(communityId)}`;
  }

  #toRelated({ record, dialledAddress }: Connection, source: Side, destination: Side): string {
    const { addresses } = this.#caches;
    return toRelated(
      source.end,
      destination.end,
      dialledAddress === undefined ? '' : addresses.get(dialledAddress),
      source.natIp,
      record.tunnelSourceAddress === undefined ? '' : addresses.get(record.tunnelSourceAddress),
      record.tunnelDestinationAddress === undefined ? '' : addresses.get(record.tunnelDestinationAddress),
    );
  }
}

/** `,"reason":…`: why it failed, and what the policies say where they are to blame. */
function toReason(connection: Connection, judged: JudgementText | undefined): string {
  if (connection.dropReason === undefined) return '';
  const words = DROP_REASON_TEXTS[connection.dropReason];
  return judged === undefined || !isFailure(connection) ? `${words}"` : words + judged.reasonEnd;
}

function isFailure({ verdict }: Connection): boolean {
  return verdict === 'dropped' || verdict === 'rejected';
}

/** ECS has `client` and `server` told only where it is known who began. */
function toRoles({ initiator }: FlowRecord, client: Side, server: Side): string {
  return initiator === 'guess' ? '' : `,"client":{${toRoleMembers(client)}},"server":{${toRoleMembers(server)}}`;
}
