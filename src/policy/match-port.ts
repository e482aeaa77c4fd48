import type { NamedEnd } from '../model/named-end.ts';
import type { PolicyPort } from '../model/network-policy.ts';
import { least, MATCH, type Match } from './match.ts';

/** What a connection goes to. */
export interface Target {
  readonly protocolNumber: number;
  /** Undefined where it is not known. */
  readonly port: number | undefined;
  /** The end whose containers name ports. */
  readonly end: NamedEnd;
}

/** Whether a rule's ports have the target's among them; no ports = all. */
export function matchPorts(ports: readonly PolicyPort[], target: Target): Match {
  if (ports.length === 0) return MATCH.yes;
  let best: Match = MATCH.no;
  for (const each of ports) {
    const match = matchPort(each, target);
    if (match === MATCH.yes) return match;
    if (match > best) best = match;
  }
  return best;
}

function matchPort({ protocolNumber, port, endPort }: PolicyPort, target: Target): Match {
  if (protocolNumber !== target.protocolNumber) return MATCH.no;
  if (port === undefined) return MATCH.yes;
  if (typeof port === 'string') return matchPortName(port, target);
  if (target.port === undefined) return MATCH.maybe;
  return target.port >= port && target.port <= (endPort ?? port) ? MATCH.yes : MATCH.no;
}

/** Names are those of the destination's containers, each for its own protocol. */
function matchPortName(name: string, { protocolNumber, port, end }: Target): Match {
  if (end.kind !== 'pod') return end.kind === 'node' || end.kind === 'external' ? MATCH.no : MATCH.maybe;
  let isNamed: Match = MATCH.no;
  for (const each of end.namedPorts)
    if (each.name === name && each.protocolNumber === protocolNumber && (port === undefined || each.port === port))
      isNamed = port === undefined ? MATCH.maybe : MATCH.yes;
  // Taken for its node, it has no containers.
  return end.isHostNetwork ? least(isNamed, MATCH.maybe) : isNamed;
}
