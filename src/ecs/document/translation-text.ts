import type { Connection } from '../../model/connection.ts';
import type { DocumentCaches } from './document-caches.ts';
import { toJsonText } from './json-text.ts';

/** `,"dialled":{…}`, `,"nat":{…}` and `,"tunnel":{…}`: how the connection's addresses came about. */
export function toTranslation(connection: Connection, caches: DocumentCaches): string {
  const { record } = connection;
  let text = connection.dialledAddress === undefined ? '' : toDialled(connection, caches);
  if (record.natState !== undefined) text += toNat(connection);
  if (record.tunnelType !== undefined) text += toTunnel(connection, caches);
  return text;
}

function toDialled(connection: Connection, caches: DocumentCaches): string {
  const { dialledAddress, dialledPort } = connection;
  const ip = caches.addresses.get(dialledAddress ?? '');
  let members = ip === '' ? '' : `,"ip":${ip}`;
  if (dialledPort !== undefined) members += `,"port":${dialledPort}`;
  if (isSeenAsDialled(connection)) members += `,"community_id":${toJsonText(connection.record.communityId)}`;
  return members === '' ? '' : `,"dialled":{${members.slice(1)}}`;
}

/** Whether the record's tuple on the wire, and so its Community ID, is the one that the client dialled. */
function isSeenAsDialled({ record, source, sourcePort, dialledAddress, dialledPort }: Connection): boolean {
  return (
    record.communityId !== '' &&
    record.destinationAddress === dialledAddress &&
    record.destinationPort === dialledPort &&
    record.sourceAddress === source.address &&
    record.sourcePort === sourcePort
  );
}

/** With the Community ID of the delivered tuple where that is another: what a sensor at the server computes. */
function toNat({ record, joinId, communityId }: Connection): string {
  const delivered = joinId === communityId ? '' : `,"community_id":${toJsonText(joinId)}`;
  return `,"nat":{"state":"${record.natState}"${delivered}}`;
}

function toTunnel({ record }: Connection, caches: DocumentCaches): string {
  const sourceIp = caches.addresses.get(record.tunnelSourceAddress ?? '');
  const destinationIp = caches.addresses.get(record.tunnelDestinationAddress ?? '');
  let text = `,"tunnel":{"type":"${record.tunnelType}"`;
  if (record.tunnelId !== undefined) text += `,"id":${record.tunnelId}`;
  if (sourceIp !== '') text += `,"source_ip":${sourceIp}`;
  if (destinationIp !== '') text += `,"destination_ip":${destinationIp}`;
  return `${text}}`;
}
