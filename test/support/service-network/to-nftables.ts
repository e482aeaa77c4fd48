import {
  AFFINITY_SECONDS,
  MASQUERADE_MARK,
  type NodeRules,
  type RuleEndpoint,
  type ServiceRule,
} from './node-rules.ts';

/** How the two families are written: table, header and address type. */
const WORDS = {
  ipv4: { table: 'ip', header: 'ip', addressType: 'ipv4_addr' },
  ipv6: { table: 'ip6', header: 'ip6', addressType: 'ipv6_addr' },
} as const;

/**
 * Input of `nft -f`: the table that kube-proxy writes in its nftables mode (kubernetes pkg/proxy/nftables/proxier.go),
 * with verdict maps in place of rule lists, and beside it what a CNI plugin and a policy agent add.
 */
export function toNftables(rules: NodeRules): string {
  const { table } = WORDS[rules.family];
  return [
    ...block(`table ${table} kube-proxy`, [...proxyMaps(rules), ...proxyChains(rules), ...serviceBlocks(rules)]),
    ...block(`table ${table} cni`, cniChains(rules)),
    '',
  ].join('\n');
}

function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...lines.map((line) => `  ${line}`), '}'];
}

function elements(list: readonly string[]): string[] {
  return list.length === 0 ? [] : [`elements = { ${list.join(', ')} }`];
}

function proxyMaps({ family, nodeAddress, services }: NodeRules): string[] {
  const { addressType } = WORDS[family];
  const served = services.filter(({ endpoints }) => endpoints.length > 0);
  const refused = services.filter(({ endpoints }) => endpoints.length === 0);
  const byAddress = `type ${addressType} . inet_proto . inet_service : verdict`;
  const nodePorts = served.filter(({ nodePort }) => nodePort !== undefined);
  return [
    ...block('set nodeport-ips', [`type ${addressType}`, ...elements([nodeAddress])]),
    ...block('map service-ips', [byAddress, ...elements(served.flatMap(serviceElements))]),
    ...block('map service-nodeports', [
      'type inet_proto . inet_service : verdict',
      ...elements(nodePorts.map(({ name, protocol, nodePort }) => `${protocol} . ${nodePort} : goto external-${name}`)),
    ]),
    ...block('map no-endpoint-services', [
      byAddress,
      ...elements(refused.map((s) => `${s.clusterAddress} . ${s.protocol} . ${s.port} : goto reject-chain`)),
    ]),
  ];
}

function serviceElements({ name, protocol, clusterAddress, externalAddress, port }: ServiceRule): string[] {
  const external = `${externalAddress} . ${protocol} . ${port} : goto external-${name}`;
  const own = `${clusterAddress} . ${protocol} . ${port} : goto service-${name}`;
  return externalAddress === undefined ? [own] : [own, external];
}

function proxyChains({ family }: NodeRules): string[] {
  const { header } = WORDS[family];
  const hook = (type: string, name: string, priority: string): string =>
    `type ${type} hook ${name} priority ${priority};`;
  return [
    ...block('chain nat-prerouting', [hook('nat', 'prerouting', 'dstnat'), 'jump services']),
    ...block('chain nat-output', [hook('nat', 'output', '-100'), 'jump services']),
    ...block('chain nat-postrouting', [hook('nat', 'postrouting', 'srcnat'), 'jump masquerading']),
    ...block('chain filter-forward', [hook('filter', 'forward', '-110'), 'ct state new jump service-endpoints-check']),
    ...block('chain filter-output', [hook('filter', 'output', '-110'), 'ct state new jump service-endpoints-check']),
    ...block('chain services', [
      `${header} daddr . meta l4proto . th dport vmap @service-ips`,
      `${header} daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports`,
    ]),
    ...block('chain service-endpoints-check', [`${header} daddr . meta l4proto . th dport vmap @no-endpoint-services`]),
    ...block('chain reject-chain', ['reject']),
    ...block('chain mark-for-masquerade', [`meta mark set meta mark or ${MASQUERADE_MARK}`]),
    ...block('chain masquerading', [
      `meta mark & ${MASQUERADE_MARK} == 0 return`,
      `meta mark set meta mark ^ ${MASQUERADE_MARK}`,
      'masquerade fully-random',
    ]),
  ];
}

function serviceBlocks(rules: NodeRules): string[] {
  const { family, podNetwork, services } = rules;
  const { header, addressType } = WORDS[family];
  return services
    .filter(({ endpoints }) => endpoints.length > 0)
    .flatMap((service) => {
      const { name, protocol, clusterAddress, port, endpoints, hasAffinity } = service;
      const own = `${header} daddr ${clusterAddress} ${protocol} dport ${port} ${header} saddr != ${podNetwork}`;
      const affinitySet = [`type ${addressType}`, 'flags dynamic,timeout', `timeout ${AFFINITY_SECONDS}s`];
      return [
        ...(hasAffinity ? endpoints.flatMap((_, i) => block(`set affinity-${name}-${i}`, affinitySet)) : []),
        ...endpoints.flatMap((endpoint, i) =>
          block(`chain endpoint-${name}-${i}`, endpointRules(header, service, endpoint, i)),
        ),
        ...block(`chain service-${name}`, [
          `${own} jump mark-for-masquerade`,
          ...choiceRules(header, service, endpoints),
        ]),
        ...block(`chain external-${name}`, externalRules(rules, service)),
      ];
    });
}

/** What comes from outside the cluster: masqueraded, or with the policy Local only to endpoints of this node. */
function externalRules({ family, podNetwork }: NodeRules, service: ServiceRule): string[] {
  const { name, externalTrafficPolicy, endpoints } = service;
  const { header } = WORDS[family];
  if (externalTrafficPolicy === 'Cluster') return ['jump mark-for-masquerade', `goto service-${name}`];
  return [
    `${header} saddr ${podNetwork} goto service-${name}`,
    'fib saddr type local jump mark-for-masquerade',
    `fib saddr type local goto service-${name}`,
    ...choiceRules(
      header,
      service,
      endpoints.filter(({ isLocal }) => isLocal),
    ),
  ];
}

function choiceRules(header: string, service: ServiceRule, among: readonly RuleEndpoint[]): string[] {
  const { name, hasAffinity, choice, endpoints } = service;
  if (among.length === 0) return [];
  const indices = among.map((endpoint) => endpoints.indexOf(endpoint));
  const number = `numgen ${choice === 'random' ? 'random' : 'inc'} mod ${among.length}`;
  const targets = indices.map((index, at) => `${at} : goto endpoint-${name}-${index}`);
  const remembered = indices.map((i) => `${header} saddr @affinity-${name}-${i} goto endpoint-${name}-${i}`);
  return [...(hasAffinity ? remembered : []), `${number} vmap { ${targets.join(', ')} }`];
}

/** A pod that reaches itself is masqueraded, or it would answer to its own address without the node. */
function endpointRules(header: string, service: ServiceRule, { address, port }: RuleEndpoint, index: number): string[] {
  const { name, protocol, hasAffinity } = service;
  const target = header === 'ip6' ? `[${address}]:${port}` : `${address}:${port}`;
  return [
    `${header} saddr ${address} jump mark-for-masquerade`,
    ...(hasAffinity ? [`update @affinity-${name}-${index} { ${header} saddr }`] : []),
    `meta l4proto ${protocol} dnat to ${target}`,
  ];
}

function cniChains(rules: NodeRules): string[] {
  const { header } = WORDS[rules.family];
  const { podNetwork, nodeNetwork } = rules;
  const untracked = rules.untracked.map((t) => ({ ...t, is: (dir: 's' | 'd') => `${header} ${dir}addr ${t.address}` }));
  return [
    ...block('chain raw-prerouting', [
      'type filter hook prerouting priority raw;',
      ...untracked.map(({ is, protocol, port }) => `${is('d')} ${protocol} dport ${port} notrack`),
      ...rules.zoned.map(
        (t) => `${header} daddr ${t.address} ${t.protocol} dport ${t.port} ct original zone set ${t.zone}`,
      ),
    ]),
    ...block('chain raw-output', [
      'type filter hook output priority raw;',
      ...untracked.map(({ is, protocol, port }) => `${is('s')} ${protocol} sport ${port} notrack`),
    ]),
    ...block('chain forward', [
      'type filter hook forward priority filter;',
      ...rules.denied.map((t) => `${header} daddr ${t.address} ${t.protocol} dport ${t.port} ct state new drop`),
    ]),
    ...block('chain nat-prerouting', [
      'type nat hook prerouting priority dstnat - 10;',
      ...rules.floatingAddresses.map(({ address, pod }) => `${header} daddr ${address} dnat to ${pod}`),
    ]),
    ...block('chain nat-postrouting', [
      'type nat hook postrouting priority srcnat + 10;',
      `${header} saddr ${podNetwork} ${header} daddr { ${podNetwork}, ${nodeNetwork} } return`,
      ...rules.egressAddresses.map(({ pod, address }) => `${header} saddr ${pod} snat to ${address}`),
      `${header} saddr ${podNetwork} masquerade fully-random`,
    ]),
  ];
}
