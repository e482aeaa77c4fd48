import {
  AFFINITY_SECONDS,
  MASQUERADE_MARK,
  type NodeRules,
  type RuleEndpoint,
  type ServiceRule,
} from './node-rules.ts';

const MARK = `${MASQUERADE_MARK}/${MASQUERADE_MARK}`;

/**
 * Input of iptables-restore (ip6tables-restore): the chains that kube-proxy writes in its iptables mode
 * (kubernetes pkg/proxy/iptables/proxier.go), and around them what a CNI plugin and a policy agent add.
 */
export function toIptables(rules: NodeRules): string {
  return [
    ...table('raw', [], rawRules(rules)),
    ...table('nat', natChains(rules), natRules(rules)),
    ...table('filter', ['KUBE-SERVICES', 'KUBE-FORWARD'], filterRules(rules)),
  ].join('\n');
}

function table(name: string, chains: readonly string[], rules: readonly string[]): string[] {
  return [`*${name}`, ...chains.map((chain) => `:${chain} -`), ...rules.map((rule) => `-A ${rule}`), 'COMMIT', ''];
}

function rawRules({ untracked, zoned }: NodeRules): string[] {
  const notTracked = untracked.flatMap(({ protocol, address, port }) => [
    `PREROUTING -d ${address} -p ${protocol} --dport ${port} -j CT --notrack`,
    `OUTPUT -s ${address} -p ${protocol} --sport ${port} -j CT --notrack`,
  ]);
  const inZone = zoned.map(
    ({ protocol, address, port, zone }) =>
      `PREROUTING -d ${address} -p ${protocol} --dport ${port} -j CT --zone-orig ${zone}`,
  );
  return [...notTracked, ...inZone];
}

function natChains({ services }: NodeRules): string[] {
  const ofServices = services.flatMap((service) => [
    `KUBE-SVC-${service.name}`,
    `KUBE-SVL-${service.name}`,
    `KUBE-EXT-${service.name}`,
    ...service.endpoints.map((_, index) => endpointChain(service, index)),
  ]);
  return ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ', ...ofServices];
}

function natRules(rules: NodeRules): string[] {
  return [
    ...rules.floatingAddresses.map(({ address, pod }) => `PREROUTING -d ${address} -j DNAT --to-destination ${pod}`),
    'PREROUTING -j KUBE-SERVICES',
    'OUTPUT -j KUBE-SERVICES',
    'POSTROUTING -j KUBE-POSTROUTING',
    `KUBE-POSTROUTING -m mark ! --mark ${MARK} -j RETURN`,
    `KUBE-POSTROUTING -j MARK --xor-mark ${MASQUERADE_MARK}`,
    'KUBE-POSTROUTING -j MASQUERADE --random-fully',
    `KUBE-MARK-MASQ -j MARK --or-mark ${MASQUERADE_MARK}`,
    ...egressRules(rules),
    ...rules.services
      .filter(({ endpoints }) => endpoints.length > 0)
      .flatMap((service) => serviceRules(rules, service)),
    'KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
  ];
}

function egressRules({ podNetwork, nodeNetwork, egressAddresses }: NodeRules): string[] {
  return [
    `POSTROUTING -s ${podNetwork} -d ${podNetwork} -j RETURN`,
    `POSTROUTING -s ${podNetwork} -d ${nodeNetwork} -j RETURN`,
    ...egressAddresses.map(({ pod, address }) => `POSTROUTING -s ${pod} -j SNAT --to-source ${address}`),
    `POSTROUTING -s ${podNetwork} -j MASQUERADE --random-fully`,
  ];
}

function serviceRules(rules: NodeRules, service: ServiceRule): string[] {
  const { name, protocol, clusterAddress, port, externalAddress, nodePort, endpoints } = service;
  const at = (address: string): string => `-d ${address} -p ${protocol} -m ${protocol} --dport ${port}`;
  const external = externalAddress === undefined ? [] : [`KUBE-SERVICES ${at(externalAddress)} -j KUBE-EXT-${name}`];
  const ofNode = `KUBE-NODEPORTS -p ${protocol} -m ${protocol} --dport ${nodePort} -j KUBE-EXT-${name}`;
  return [
    `KUBE-SERVICES ${at(clusterAddress)} -j KUBE-SVC-${name}`,
    ...external,
    ...(nodePort === undefined ? [] : [ofNode]),
    ...externalRules(rules, service),
    `KUBE-SVC-${name} ! -s ${rules.podNetwork} ${at(clusterAddress)} -j KUBE-MARK-MASQ`,
    ...choiceRules(`KUBE-SVC-${name}`, service, endpoints),
    ...choiceRules(`KUBE-SVL-${name}`, service, localEndpoints(service)),
    ...endpoints.flatMap((endpoint, index) => endpointRules(service, endpoint, index)),
  ];
}

/** What comes from outside the cluster: masqueraded, or with the policy Local only to endpoints of this node. */
function externalRules({ podNetwork }: NodeRules, { name, externalTrafficPolicy }: ServiceRule): string[] {
  const chain = `KUBE-EXT-${name}`;
  if (externalTrafficPolicy === 'Cluster') return [`${chain} -j KUBE-MARK-MASQ`, `${chain} -j KUBE-SVC-${name}`];
  return [
    `${chain} -s ${podNetwork} -j KUBE-SVC-${name}`,
    `${chain} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
    `${chain} -m addrtype --src-type LOCAL -j KUBE-SVC-${name}`,
    `${chain} -j KUBE-SVL-${name}`,
  ];
}

/** Of n endpoints the i-th is taken with probability 1/(n-i), or each (n-i)th time. */
function choiceRules(chain: string, service: ServiceRule, endpoints: readonly RuleEndpoint[]): string[] {
  const to = endpoints.map((endpoint) => endpointChain(service, service.endpoints.indexOf(endpoint)));
  const recent = (target: string): string =>
    `${chain} -m recent --name ${target} --rcheck --seconds ${AFFINITY_SECONDS} --reap -j ${target}`;
  const choices = to.map((target, index) => {
    const left = to.length - index;
    if (left === 1) return `${chain} -j ${target}`;
    const mode = { random: `random --probability ${(1 / left).toFixed(10)}`, turns: `nth --every ${left} --packet 0` };
    return `${chain} -m statistic --mode ${mode[service.choice]} -j ${target}`;
  });
  return [...(service.hasAffinity ? to.map(recent) : []), ...choices];
}

/** A pod that reaches itself is masqueraded, or it would answer to its own address without the node. */
function endpointRules(service: ServiceRule, endpoint: RuleEndpoint, index: number): string[] {
  const { protocol, hasAffinity } = service;
  const chain = endpointChain(service, index);
  const remember = hasAffinity ? `-m recent --name ${chain} --set ` : '';
  return [
    `${chain} -s ${endpoint.address} -j KUBE-MARK-MASQ`,
    `${chain} -p ${protocol} ${remember}-j DNAT --to-destination ${toSocketText(endpoint)}`,
  ];
}

function filterRules({ family, services, denied }: NodeRules): string[] {
  const refusal = family === 'ipv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable';
  const withoutEndpoints = services.filter(({ endpoints }) => endpoints.length === 0);
  const isNew = '-m conntrack --ctstate NEW';
  return [
    ...denied.map(
      ({ protocol, address, port }) => `FORWARD -d ${address} -p ${protocol} --dport ${port} ${isNew} -j DROP`,
    ),
    `FORWARD ${isNew} -j KUBE-SERVICES`,
    `OUTPUT ${isNew} -j KUBE-SERVICES`,
    'FORWARD -j KUBE-FORWARD',
    'KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
    `KUBE-FORWARD -m mark --mark ${MARK} -j ACCEPT`,
    'KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ...withoutEndpoints.map(
      ({ protocol, clusterAddress, port }) =>
        `KUBE-SERVICES -d ${clusterAddress} -p ${protocol} --dport ${port} -j REJECT --reject-with ${refusal}`,
    ),
  ];
}

function localEndpoints({ endpoints }: ServiceRule): RuleEndpoint[] {
  return endpoints.filter(({ isLocal }) => isLocal);
}

function endpointChain({ name }: ServiceRule, index: number): string {
  return `KUBE-SEP-${name}-${index}`;
}

function toSocketText({ address, port }: RuleEndpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
