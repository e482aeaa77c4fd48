import type { UnwrappedLine } from './unwrap-line.ts';

/** A verdict of aws-network-policy-agent, as written. */
export interface AgentFields {
  readonly source: string;
  readonly sourcePort: string;
  readonly destination: string;
  readonly destinationPort: string;
  readonly protocol: string;
  readonly verdict: string;
  readonly direction: string | undefined;
  readonly tier: string | undefined;
}

/**
 * `Flow Info: Src IP: … Verdict DENY Direction ingress, Tier NETWORK_POLICY` of version 1.2.2 and later; of IPv6 with
 * colons and without the comma; the tier from 1.3.0 on.
 */
const MESSAGE =
  /^Flow Info: +Src IP: (?<source>\S+) Src Port: (?<sourcePort>\S+) Dest IP: (?<destination>\S+) Dest Port: (?<destinationPort>\S+) Proto:? (?<protocol>[A-Z ]+?) Verdict:? (?<verdict>\S+)(?: Direction:? (?<direction>\w+))?(?:,? Tier:? (?<tier>\w+))?$/;
/** What the agent sends to CloudWatch; the tier from 1.3.0 on. */
const CLOUDWATCH =
  /^Node: (?<node>[^;]*);SIP: (?<source>[^;]*);SPORT: (?<sourcePort>[^;]*);DIP: (?<destination>[^;]*);DPORT: (?<destinationPort>[^;]*);PROTOCOL: (?<protocol>[^;]*);PolicyVerdict: (?<verdict>[^;]*)(?:;Tier: (?<tier>[^;]*))?$/;
const STRUCTURED = {
  source: 'Src IP',
  sourcePort: 'Src Port',
  destination: 'Dest IP',
  destinationPort: 'Dest Port',
  protocol: 'Proto',
  verdict: 'Verdict',
} as const;
const OPTIONAL = { direction: 'Direction', tier: 'Tier' } as const;

/** Whether a message is, or was to be, a verdict of the agent. */
export function isAgentVerdict({ message = '', fields }: UnwrappedLine): boolean {
  return message.startsWith('Flow Info:') || message.includes(';PolicyVerdict: ') || fields?.['Src IP'] !== undefined;
}

/** Reads a verdict in any of its forms; undefined where it is in none. */
export function parseAgentFields({ message = '', fields }: UnwrappedLine): AgentFields | undefined {
  // Up to 1.2.1 the facts are keys beside the message.
  if (fields?.['Src IP'] !== undefined) return readStructured(fields);
  const groups = (MESSAGE.exec(message) ?? CLOUDWATCH.exec(message))?.groups;
  return groups as AgentFields | undefined;
}

function readStructured(fields: Readonly<Record<string, unknown>>): AgentFields | undefined {
  const read = (key: string): string | undefined => {
    const value = fields[key];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
  const required = Object.entries(STRUCTURED).map(([name, key]) => [name, read(key)] as const);
  if (required.some(([, value]) => value === undefined)) return undefined;
  const optional = Object.entries(OPTIONAL).map(([name, key]) => [name, read(key)] as const);
  return Object.fromEntries([...required, ...optional]) as unknown as AgentFields;
}
