import { toFields, type DocumentField, type FieldRow } from './document-field.ts';

const EVENT_ROWS: readonly FieldRow[] = [
  ['@timestamp', 'date', 'end of the report interval'],
  ['ecs.version', 'keyword', '9.4.0'],
  ['data_stream.type', 'constant_keyword', 'logs'],
  ['data_stream.dataset', 'constant_keyword', 'podflow.flow'],
  ['data_stream.namespace', 'constant_keyword', 'as set'],
  ['event.kind', 'keyword', 'event'],
  ['event.category', 'keyword[]', 'network'],
  ['event.type', 'keyword[]', 'connection; start, end as seen; allowed, denied by verdict'],
  ['event.action', 'keyword', 'network_flow: by it Kibana knows a flow'],
  ['event.outcome', 'keyword', 'success, failure, unknown by verdict'],
  ['event.reason', 'keyword', 'why it was dropped or rejected, in words, and why the policies deny it where they do'],
  ['event.dataset', 'keyword', 'podflow.flow'],
  ['event.module', 'keyword', 'podflow'],
  ['event.id', 'keyword', 'the document’s `_id`: hash of connection and interval'],
  ['event.sequence', 'long', 'number of the report of the flow'],
  ['event.start', 'date', 'first packet of the interval'],
  ['event.end', 'date', 'last packet of the interval'],
  ['event.duration', 'long', 'between them, ns'],
  ['rule.name', 'keyword', 'NetworkPolicy that denies it, of a connection that failed'],
  ['rule.ruleset', 'keyword', 'its namespace'],
  ['rule.category', 'keyword', 'NetworkPolicy'],
];

const NETWORK_ROWS: readonly FieldRow[] = [
  ['network.type', 'keyword', 'ipv4, ipv6'],
  ['network.transport', 'keyword', 'lower-case IANA name'],
  ['network.iana_number', 'keyword', 'IANA protocol number'],
  ['network.direction', 'keyword', 'of the client, seen from the observed pod: ingress, egress, unknown'],
  ['network.bytes', 'long', 'both ways; absent where only evidence tells of it'],
  ['network.packets', 'long', 'likewise'],
  ['network.community_id', 'keyword', 'Community ID v1 of source and destination'],
  ['related.ip', 'ip[]', 'all addresses of the document'],
  ['related.hosts', 'keyword[]', 'pods and nodes of both ends'],
];

const OBSERVER_ROWS: readonly FieldRow[] = [
  ['agent.type', 'keyword', 'podflow'],
  ['agent.version', 'keyword', 'the observer’s'],
  ['agent.id', 'keyword', '`service.instance.id` of the observer'],
  ['observer.type', 'keyword', 'sensor'],
  ['observer.vendor', 'keyword', 'podflow'],
  ['observer.product', 'keyword', 'podflow'],
  ['observer.name', 'keyword', 'pod in which the observer runs, else its host name'],
  ['observer.version', 'keyword', 'the observer’s'],
  ['observer.hostname', 'keyword', 'its host name, where that is not the pod'],
  ['observer.ingress.interface.name', 'keyword', 'the observed interface'],
  ['host.name', 'keyword', 'node of the observer'],
  ['cloud.availability_zone', 'keyword', 'zone of that node'],
  ['orchestrator.type', 'keyword', 'kubernetes'],
  ['orchestrator.cluster.name', 'keyword', 'cluster of the observed pod'],
  ['orchestrator.namespace', 'keyword', 'its namespace'],
  ['orchestrator.resource.type', 'keyword', 'pod'],
  ['orchestrator.resource.name', 'keyword', 'the observed pod'],
  ['orchestrator.resource.id', 'keyword', 'its UID'],
];

/** Of `source` and `destination`, and of `client` and `server` where these are written. */
const SIDE_ROWS: readonly FieldRow[] = [
  ['address', 'keyword', 'the address'],
  ['ip', 'ip', 'the same: of the pod, NAT undone'],
  ['port', 'long', 'absent for protocols without ports'],
  ['bytes', 'long', 'sent by this side, whole frames; absent where nothing was seen of it'],
  ['packets', 'long', 'likewise'],
  ['geo.continent_code', 'keyword', 'of an external address'],
  ['geo.continent_name', 'keyword', 'likewise'],
  ['geo.country_iso_code', 'keyword', 'likewise'],
  ['geo.country_name', 'keyword', 'likewise'],
  ['geo.region_iso_code', 'keyword', 'likewise'],
  ['geo.region_name', 'keyword', 'likewise'],
  ['geo.city_name', 'keyword', 'likewise'],
  ['geo.postal_code', 'keyword', 'likewise'],
  ['geo.timezone', 'keyword', 'likewise'],
  ['geo.location', 'geo_point', 'likewise'],
  ['as.number', 'long', 'of an external address'],
  ['as.organization.name', 'keyword', 'likewise'],
];

/** Of the side that dialled. */
const NAT_ROWS: readonly FieldRow[] = [
  ['nat.ip', 'ip', 'the address that the server sees, of a masqueraded client'],
  ['nat.port', 'long', 'likewise'],
];

const DOMAIN_ROWS: readonly FieldRow[] = [['domain', 'keyword', 'name of the Service: NAME.NAMESPACE.svc']];

/** Fields of the Elastic Common Schema that documents hold. */
export const ECS_FIELDS: readonly DocumentField[] = [
  ...toFields('ecs', '', [...EVENT_ROWS, ...NETWORK_ROWS, ...OBSERVER_ROWS]),
  ...['source', 'destination', 'client', 'server'].flatMap((side) => toFields('ecs', side, SIDE_ROWS)),
  ...['source', 'client'].flatMap((side) => toFields('ecs', side, NAT_ROWS)),
  ...['source', 'destination'].flatMap((side) => toFields('ecs', side, DOMAIN_ROWS)),
];
