import type { Connection } from '../../model/connection.ts';
import { toTransportName } from '../../model/ip-protocol.ts';
import { END_KINDS } from '../../model/named-end.ts';
import { encodeLabelValue } from '../exposition-text.ts';
import { toCountedEnd, type CountedEnd } from './counted-end.ts';

/** What tells pairs apart: client and server, the Service between them, and the protocol. */
export interface ConnectionPair {
  readonly source: CountedEnd;
  readonly destination: CountedEnd;
  readonly protocol: number;
  /** Labels of the pair of workloads, without braces. */
  readonly workloadLabels: string;
}

export function toConnectionPair({ source, destination, service, record }: Connection): ConnectionPair {
  const serviceName = service?.serviceName ?? (destination.kind === 'service' ? destination.serviceName : undefined);
  return createConnectionPair(
    toCountedEnd(source),
    toCountedEnd(destination, service?.namespaceName),
    encodeLabelValue(serviceName ?? ''),
    record.protocolNumber,
  );
}

/** @param service name of the Service, escaped; empty where none was used */
export function createConnectionPair(
  source: CountedEnd,
  destination: CountedEnd,
  service: string,
  protocol: number,
): ConnectionPair {
  const workloadLabels =
    `src_namespace="${source.namespace}",src_workload="${source.workload}",src_kind="${source.kind}",` +
    `dst_namespace="${destination.namespace}",dst_workload="${destination.workload}",dst_kind="${destination.kind}",` +
    `dst_service="${service}",transport="${toTransportName(protocol)}"`;
  return { source, destination, protocol, workloadLabels };
}

/** Labels of the pair of pods, without braces. */
export function toPodLabels({ source, destination, workloadLabels }: ConnectionPair): string {
  return `${workloadLabels},src_pod="${source.pod}",dst_pod="${destination.pod}"`;
}

const OTHER = 'other';

/** The pair that takes what is beyond the cap: kinds and protocol are kept, so that sums by them stay right. */
export function toOverflowPair({ source, destination, protocol }: ConnectionPair): ConnectionPair {
  return createConnectionPair(toOther(source), toOther(destination), OTHER, protocol);
}

/** A number for what an overflow pair keeps. */
export function toOverflowCode({ source, destination, protocol }: ConnectionPair): number {
  const kinds = END_KINDS.indexOf(source.kind) * END_KINDS.length + END_KINDS.indexOf(destination.kind);
  return kinds * 256 + protocol;
}

function toOther({ kind }: CountedEnd): CountedEnd {
  return { kind, namespace: OTHER, workload: OTHER, pod: OTHER, podId: undefined };
}
