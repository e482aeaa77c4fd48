import type { Connection } from '../model/connection.ts';
import type { NamedEnd } from '../model/named-end.ts';
import type { PolicyCatalogue } from '../model/network-policy.ts';
import type { PolicyFinding, PolicyJudgement } from '../model/policy-judgement.ts';

export interface FindingOptions {
  readonly catalogue: Pick<PolicyCatalogue, 'namespaceChangedMs'>;
  /** How long after a change nothing is concluded from what got through, or did not: enforcement takes time. */
  readonly settleMs: number;
}

/** What is to be said of what happened and what the policies say; undefined where they agree or it is too early to say. */
export function toFinding(
  connection: Connection,
  judgement: PolicyJudgement,
  options: FindingOptions,
): PolicyFinding | undefined {
  const { verdict } = connection;
  if (judgement.verdict === 'denied') {
    if (verdict === 'dropped' || verdict === 'rejected') return 'denied';
    return hasGotThrough(connection) && isSettled(connection, options) ? 'unexpectedly_allowed' : undefined;
  }
  const isUnexplained = judgement.verdict === 'allowed' && isBetweenPods(connection) && isDropped(connection);
  return isUnexplained && isSettled(connection, options) ? 'unexplained' : undefined;
}

/** Begun now, and answered: one that began before may have been allowed then. */
function hasGotThrough({ verdict, flowsBegun, record, serverRecord }: Connection): boolean {
  if (verdict !== 'forwarded' || flowsBegun === 0) return false;
  return record.reversePackets > 0 || (serverRecord?.reversePackets ?? 0) > 0;
}

/** On the way: not refused by the other end. */
function isDropped({ verdict, dropReason }: Connection): boolean {
  if (verdict === 'dropped') return true;
  return verdict === 'rejected' && (dropReason === 'admin_prohibited' || dropReason === 'reject_route');
}

function isBetweenPods({ source, destination }: Connection): boolean {
  return source.kind === 'pod' && destination.kind === 'pod';
}

function isSettled({ source, destination, record }: Connection, { catalogue, settleMs }: FindingOptions): boolean {
  const timeMs = record.startNs / 1e6;
  const hasSettled = ({ namespaceName }: NamedEnd) =>
    namespaceName === undefined || timeMs - catalogue.namespaceChangedMs(namespaceName) >= settleMs;
  return hasSettled(source) && hasSettled(destination);
}
