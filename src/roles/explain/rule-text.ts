import type { IpBlock, PolicyDirection, PolicyPeer, PolicyPort, PolicyRule } from '../../model/network-policy.ts';
import { toTransportName } from '../../model/ip-protocol.ts';
import { joinWords } from '../../policy/end-words.ts';
import { toSelectorText } from './selector-misses.ts';

/** Whom and what a rule of a namespace admits: `from pods with access=true of namespace shop, on 80/TCP`. */
export function toRuleText({ peers, ports }: PolicyRule, direction: PolicyDirection, namespaceName: string): string {
  const preposition = direction === 'ingress' ? 'from' : 'to';
  const whom =
    peers.length === 0
      ? 'anywhere'
      : joinWords(
          peers.map((peer) => toPeerText(peer, namespaceName)),
          'or',
        );
  const what = ports.length === 0 ? '' : `, on ${toPortsText(ports)}`;
  return `${preposition} ${whom}${what}`;
}

/** `80/TCP or http/TCP` */
export function toPortsText(ports: readonly PolicyPort[]): string {
  return joinWords(ports.map(toPortText), 'or');
}

/** `80/TCP`, `http/TCP`, `8000-8080/TCP`, `UDP`. */
function toPortText({ protocolNumber, port, endPort }: PolicyPort): string {
  const protocol = toTransportName(protocolNumber).toUpperCase();
  if (port === undefined) return `any ${protocol} port`;
  return endPort === undefined ? `${port}/${protocol}` : `${port}-${endPort}/${protocol}`;
}

/** `10.0.0.0/8 except 10.1.0.0/16` */
export function toBlockText({ cidr, except }: IpBlock): string {
  return except.length === 0 ? cidr : `${cidr} except ${except.join(', ')}`;
}

function toPeerText({ podSelector, namespaceSelector, ipBlock }: PolicyPeer, namespaceName: string): string {
  if (ipBlock !== undefined) return toBlockText(ipBlock);
  const pods = podSelector === undefined ? '' : toSelectorText(podSelector);
  const whom = pods === '' ? 'any pod' : `pods with ${pods}`;
  if (namespaceSelector === undefined) return `${whom} of namespace ${namespaceName}`;
  const namespaces = toSelectorText(namespaceSelector);
  return namespaces === '' ? `${whom} of any namespace` : `${whom} of namespaces with ${namespaces}`;
}
