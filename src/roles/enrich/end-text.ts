import type { NamedEnd, NamedService } from '../../model/named-end.ts';

/** An end for people to read: `shop/web-58b7c9d4f-mzt5s`, `service shop/web`, `node worker-1`, or an address. */
export function toEndText(end: NamedEnd): string {
  if (end.kind === 'pod') return `${end.namespaceName ?? ''}/${end.podName ?? end.address}`;
  return toGroupText(end);
}

/** What it is one of: `Deployment shop/web`, else as `toEndText`. */
export function toWorkloadText(end: NamedEnd): string {
  if (end.kind !== 'pod') return toGroupText(end);
  const { workloadKind = 'Pod', namespaceName = '', workloadName, podName } = end;
  return `${workloadKind} ${namespaceName}/${workloadName ?? podName ?? end.address}`;
}

/** `service shop/web` */
export function toServiceText({ namespaceName, serviceName }: NamedService): string {
  return `service ${namespaceName}/${serviceName}`;
}

function toGroupText(end: NamedEnd): string {
  if (end.kind === 'service') return `service ${end.namespaceName ?? ''}/${end.serviceName ?? end.address}`;
  if (end.kind === 'node') return `node ${end.nodeName ?? end.address}`;
  return end.address;
}
