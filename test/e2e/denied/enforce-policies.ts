import type { Cluster } from '../kubernetes/start-cluster.ts';
import { POLICIES, readAddresses, readJsonPath } from './nginx-case.ts';

const TABLE = 'ip podflow_test';

/** What is used of a policy: selectors by labels alone. */
interface PolicySpec {
  readonly podSelector: Selector;
  readonly ingress?: readonly { readonly from: readonly { readonly podSelector: Selector }[] }[];
}
interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
}

/**
 * Enforces the policies as a network plugin does: nftables rules on the node of each pod that a policy isolates, made from
 * what the API server says that selectors select. Replies pass; what comes from the nodes themselves is not forwarded. Replaces earlier rules at once.
 */
export async function enforcePolicies(cluster: Cluster): Promise<void> {
  const specs = await Promise.all(
    POLICIES.map(
      async (name) => JSON.parse(await readJsonPath(cluster, `networkpolicy/${name}`, '{.spec}')) as PolicySpec,
    ),
  );
  const rules = (await Promise.all(specs.map((spec) => toAcceptRules(cluster, spec)))).flat();
  const isolated = (await Promise.all(specs.map(({ podSelector }) => readSelected(cluster, podSelector)))).flat();
  for (const [index, node] of cluster.nodes.entries()) {
    const own = isolated.filter((address) => isOfSubnet(address, node.podSubnet));
    await cluster.onNode(index + 1, ['nft', toRuleset(rules, own)]);
  }
}

function toRuleset(rules: readonly string[], isolated: readonly string[]): string {
  const drop = isolated.length === 0 ? [] : [`add rule ${TABLE} forward ip daddr ${toSet(isolated)} counter drop`];
  return [
    `add table ${TABLE}`,
    `delete table ${TABLE}`,
    `add table ${TABLE}`,
    `add chain ${TABLE} forward { type filter hook forward priority 0; }`,
    `add rule ${TABLE} forward ct state established,related accept`,
    ...rules,
    ...drop,
  ].join('; ');
}

/** Subnets of the cluster are /24. */
function isOfSubnet(address: string, subnet: string): boolean {
  return address.startsWith(subnet.slice(0, subnet.lastIndexOf('.') + 1));
}

/** Packets that the nodes' rules have dropped. */
export async function countDropped(cluster: Cluster): Promise<number> {
  let packets = 0;
  for (const number of cluster.nodes.keys()) {
    const listing = await cluster.onNode(number + 1, ['nft', 'list', 'table', ...TABLE.split(' ')]);
    packets += Number(/counter packets (\d+)/.exec(listing)?.[1] ?? 0);
  }
  return packets;
}

async function toAcceptRules(cluster: Cluster, { podSelector, ingress = [] }: PolicySpec): Promise<string[]> {
  const targets = await readSelected(cluster, podSelector);
  const peers = ingress.flatMap(({ from }) => from.map((peer) => readSelected(cluster, peer.podSelector)));
  const sources = (await Promise.all(peers)).flat();
  if (targets.length === 0 || sources.length === 0) return [];
  return [`add rule ${TABLE} forward ip daddr ${toSet(targets)} ip saddr ${toSet(sources)} accept`];
}

async function readSelected(cluster: Cluster, { matchLabels = {} }: Selector): Promise<string[]> {
  const selector = Object.entries(matchLabels).map(([name, value]) => `${name}=${value}`);
  return readAddresses(cluster, selector.join(','));
}

function toSet(addresses: readonly string[]): string {
  return `{ ${[...new Set(addresses)].join(', ')} }`;
}
