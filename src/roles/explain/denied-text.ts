import { toColumns } from '../../lib/to-columns.ts';
import type { DeniedEnd, DeniedList, DeniedPair } from '../../model/denied-pairs.ts';
import { toAgeText } from './explanation-text.ts';

const HEAD = ['CONNECTIONS', 'PACKETS', 'LAST', 'FROM', 'TO', 'SERVICE', 'PORT', 'WHY'];

/** Denied pairs for people, one a line. */
export function toDeniedText({ fromMs, toMs, pairs, omittedPairs, overflowConnections }: DeniedList): string {
  const window = toAgeText(toMs - fromMs);
  if (pairs.length === 0) return `Nothing failed in the last ${window}.\n`;
  const rows = pairs.map((pair) => [
    String(pair.connections),
    String(pair.packets),
    `${toAgeText(toMs - pair.lastSeenMs)} ago`,
    toEndText(pair.source),
    toEndText(pair.destination),
    pair.serviceName === undefined ? '-' : `${pair.serviceNamespaceName}/${pair.serviceName}`,
    `${pair.destinationPort ?? '-'}/${pair.transport}`,
    toWhyText(pair),
  ]);
  const omitted = omittedPairs === 0 ? '' : `${omittedPairs} more pairs: --limit\n`;
  const lost = overflowConnections === 0 ? '' : `${overflowConnections} connections of pairs that found no room\n`;
  return `${toColumns([HEAD, ...rows])}${omitted}${lost}`;
}

/** `Deployment shop/web`, `Service shop/web`, `node worker-1`, an address, or its kind. */
function toEndText(end: DeniedEnd): string {
  const { kind, namespaceName, workloadKind, workloadName, serviceName, nodeName, address } = end;
  if (workloadName !== undefined) return `${workloadKind} ${namespaceName}/${workloadName}`;
  if (serviceName !== undefined) return `Service ${namespaceName}/${serviceName}`;
  return nodeName === undefined ? (address ?? kind) : `node ${nodeName}`;
}

function toWhyText({
  verdict,
  reason,
  finding,
  policyName,
  policyNamespaceName,
  policyDirection,
  why,
}: DeniedPair): string {
  const what = `${verdict}${reason === undefined ? '' : ` (${reason})`}`;
  if (finding === 'unexplained') return `${what}, though policies allow it`;
  if (finding !== 'denied') return what;
  return `${what}, denied by ${policyNamespaceName}/${policyName} (${policyDirection}): ${why ?? ''}`;
}
