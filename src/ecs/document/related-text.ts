import type { EndText } from './end-text.ts';

/**
 * ECS `related` with every address and host of the document once: `,"related":{"ip":[…],"hosts":[…]}`. The addresses
 * beside those of the ends are JSON texts, empty where there is none.
 */
export function toRelated(
  source: EndText,
  destination: EndText,
  dialledIp: string,
  translatedIp: string,
  tunnelSourceIp: string,
  tunnelDestinationIp: string,
): string {
  let ips = source.ip === destination.ip ? source.ip : join(source.ip, destination.ip);
  if (dialledIp !== '') ips = joinOnce(ips, dialledIp);
  if (translatedIp !== '') ips = joinOnce(ips, translatedIp);
  if (tunnelSourceIp !== '') ips = joinOnce(ips, tunnelSourceIp);
  if (tunnelDestinationIp !== '') ips = joinOnce(ips, tunnelDestinationIp);
  const hosts = toHosts(source, destination);
  if (hosts === '') return ips === '' ? '' : `,"related":{"ip":[${ips}]}`;
  return ips === '' ? `,"related":{"hosts":[${hosts}]}` : `,"related":{"ip":[${ips}],"hosts":[${hosts}]}`;
}

/** A host may be at both ends, and a pod may be called as a node is. */
function toHosts(source: EndText, { podName, nodeName, hosts }: EndText): string {
  const hasPod = podName === source.podName || podName === source.nodeName;
  const hasNode = nodeName === source.nodeName || nodeName === source.podName;
  if (!hasPod && !hasNode) return join(source.hosts, hosts);
  return join(source.hosts, join(hasPod ? '' : podName, hasNode ? '' : nodeName));
}

function join(list: string, more: string): string {
  if (list === '') return more;
  return more === '' ? list : `${list},${more}`;
}

/** The quotation marks make a text that is found in the list one of its items. */
function joinOnce(list: string, item: string): string {
  return list.includes(item) ? list : join(list, item);
}
