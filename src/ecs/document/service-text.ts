import type { NamedService } from '../../model/named-end.ts';
import { toFlatJson } from './flat-json.ts';
import { toObjectMember, toTextMembers } from './json-members.ts';
import { toJsonText } from './json-text.ts';

/** What documents say of the Service of a connection, made once for it. */
export interface ServiceText {
  /** `"service":{…}}`: the end of `destination.kubernetes`. */
  readonly kubernetes: string;
  /** `,"domain":…` of the destination. */
  readonly domain: string;
  /** `,"service":{…}` of the own facts: how it was dialled. */
  readonly own: string;
}

export function toServiceText({ serviceName, namespaceName, portName, via }: NamedService): ServiceText {
  const own = toTextMembers({ port_name: portName, via });
  return {
    kubernetes: toFlatJson(`${toObjectMember('service', toTextMembers({ name: serviceName }))}}`),
    domain: toFlatJson(toServiceDomain(serviceName, namespaceName)),
    own: toFlatJson(`,${toObjectMember('service', own)}`),
  };
}

/** The name under which pods find a Service, without the cluster's own domain, which nothing here tells. */
export function toServiceDomain(serviceName: string | undefined, namespaceName: string | undefined): string {
  if (serviceName === undefined || namespaceName === undefined) return '';
  return `,"domain":${toJsonText(`${serviceName}.${namespaceName}.svc`)}`;
}
