import type { LabelRequirement, Labels } from '../model/network-policy.ts';
import type { CompiledPeer } from './compile-policy.ts';
import { joinWords } from './end-words.ts';
import { MATCH } from './match.ts';
import { matchPorts, type Target } from './match-port.ts';
import type { PeerView } from './peer-view.ts';
import { toPortWords, toTargetWords } from './port-words.ts';
import type { SelectingPolicy } from './policy-set.ts';

/** A peer that rules name and that another namespace, or no label at all, would have to become: further than any label. */
const FAR = 100;

interface Distance {
  readonly steps: number;
  readonly words: readonly string[];
}

/**
 * What a peer lacks to be the one that a rule names: `it lacks label access=true`. Of all rules that of which the least is
 * lacking, the port counted; undefined where there is no such rule.
 */
export function describeNearestPeer(
  selecting: readonly SelectingPolicy[],
  peer: PeerView,
  target: Target,
): string | undefined {
  let nearest: Distance | undefined;
  for (const { policy, rules } of selecting)
    for (const { peers, ports } of rules) {
      const isOpen = matchPorts(ports, target) !== MATCH.no;
      for (const each of peers) {
        const { steps, words } = toDistance(each, peer, policy.name.namespaceName);
        const whole = isOpen ? { steps, words } : { steps: steps + 1, words: [...words, toPortStep(ports, target)] };
        if (nearest === undefined || whole.steps < nearest.steps) nearest = whole;
      }
    }
  return nearest && joinWords(nearest.words, 'and');
}

function toPortStep(ports: Parameters<typeof matchPorts>[0], target: Target): string {
  const open = ports.map((port) => toPortWords(port, target));
  return `only ${joinWords(open, 'and')} is open there, not ${toTargetWords(target)}`;
}

function toDistance({ pods, namespaces, block }: CompiledPeer, peer: PeerView, namespaceName: string): Distance {
  const { end, namespaceLabels, bytes } = peer;
  if (block !== undefined) {
    const exception = bytes && block.exceptionOf(bytes);
    const where = exception === undefined ? `not in ${block.facts.cidr}` : `in ${exception}, which is excepted`;
    return { steps: end.kind === 'pod' ? FAR : 1, words: [`${end.address} is ${where}`] };
  }
  if (end.kind !== 'pod') return { steps: 2 * FAR, words: ['it is no pod'] };
  const words = (pods?.unmet(end.labels) ?? []).map((each) => toLabelWords('it', each, end.labels));
  if (namespaces === undefined) {
    const isThere = end.namespaceName === namespaceName;
    return isThere
      ? { steps: words.length, words }
      : { steps: words.length + 2, words: [toPlace(end, namespaceName), ...words] };
  }
  const unmet = namespaces.unmet(namespaceLabels);
  const holder = `its namespace ${end.namespaceName ?? ''}`;
  const more = unmet.map((each) => toLabelWords(holder, each, namespaceLabels));
  return { steps: words.length + 2 * more.length, words: [...more, ...words] };
}

function toPlace({ namespaceName }: PeerView['end'], wanted: string): string {
  return `it is in namespace ${namespaceName ?? ''}, not ${wanted}`;
}

/** `it lacks label access=true`, `its namespace test has label env=prod` */
function toLabelWords(holder: string, { key, operator, values }: LabelRequirement, labels: Labels = {}): string {
  const has = Object.hasOwn(labels, key) ? `${key}=${labels[key]}` : undefined;
  if (operator === 'Exists') return `${holder} lacks label ${key}`;
  if (operator !== 'In') return `${holder} has label ${has ?? key}`;
  const wanted = values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(', ')})`;
  return `${holder} lacks label ${wanted}${has === undefined ? '' : `, having ${has}`}`;
}
