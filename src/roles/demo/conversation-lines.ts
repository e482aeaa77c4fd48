import { PERSPECTIVES, type Perspectives } from '../../model/connection.ts';
import { toByteText, toDurationText } from '../../output/human-units.ts';
import type { Conversation, Sight } from './conversation-table.ts';

const MAX_CONVERSATIONS = 24;
const COLUMNS = ['  pods', 'reports', 'began', 'packets →/←', 'bytes →/←', 'lost →/←', 'rtt', 'outcome'] as const;
const NOTHING = '-';

/**
 * Conversations as text: below each pair of workloads, and the Service between them, those of its pods. Counters are the
 * client's where it was seen.
 */
export function toConversationLines(conversations: readonly Conversation[]): string[] {
  const groups = Map.groupBy(conversations.slice(0, MAX_CONVERSATIONS), toGroupLine);
  const rows = [...groups.values()].map((group) => group.map(toRow));
  const widths = COLUMNS.map((title, column) =>
    Math.max(title.length, ...rows.flat().map((row) => row[column]?.length ?? 0)),
  );
  const toLine = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const body = [...groups.keys()].flatMap((group, i) => [group, ...(rows[i] ?? []).map(toLine)]);
  return [toHead(conversations), toLine(COLUMNS), ...body];
}

function toHead(conversations: readonly Conversation[]): string {
  const began = conversations.reduce((sum, conversation) => sum + toSight(conversation).flows, 0);
  const reports = sumReports(conversations);
  return `${began} connections; reports joined from both ends ${reports.both}, the client’s alone ${reports.client}, the server’s alone ${reports.server}`;
}

/** `Deployment shop/frontend → service shop/web 80/tcp → Deployment shop/web 8080` */
function toGroupLine(conversation: Conversation): string {
  const { sourceWorkload, dialled, dialledPort, destinationWorkload, destinationPort, transport } = conversation;
  const toPort = (port: number | undefined): string => (port === undefined ? transport : `${port}/${transport}`);
  const through = dialled === undefined ? '' : `${dialled} ${toPort(dialledPort)} → `;
  return `${sourceWorkload} → ${through}${destinationWorkload} ${toPort(destinationPort)}`;
}

function toRow(conversation: Conversation): string[] {
  const { source, destination, perspectives, lostPackets, reverseLostPackets, rttNs } = conversation;
  const sight = toSight(conversation);
  return [
    `  ${toName(source)} → ${toName(destination)}`,
    toReports(perspectives),
    String(sight.flows),
    `${sight.packets}/${sight.reversePackets}`,
    `${toByteText(sight.bytes)}/${toByteText(sight.reverseBytes)}`,
    perspectives.both === 0 ? NOTHING : `${lostPackets}/${reverseLostPackets}`,
    rttNs === undefined ? NOTHING : toDurationText(rttNs),
    toOutcome(conversation),
  ];
}

/** `forwarded`, or `netfilter_drop ×31, by NetworkPolicy bank/default-deny` */
function toOutcome({ failures, deniedBy }: Conversation): string {
  if (failures.size === 0) return 'forwarded';
  const reasons = [...failures].map(([reason, reports]) => `${reason} ×${reports}`);
  return [...reasons, ...[...deniedBy].map((policy) => `by NetworkPolicy ${policy}`)].join(', ');
}

function toSight({ client, server, perspectives }: Conversation): Sight {
  return perspectives.both + perspectives.client > 0 ? client : server;
}

/** `both 40, client 2` */
function toReports(perspectives: Readonly<Record<Perspectives, number>>): string {
  const told = PERSPECTIVES.filter((perspective) => perspectives[perspective] > 0);
  return told.map((perspective) => `${perspective} ${perspectives[perspective]}`).join(', ');
}

/** The namespace stands in the line above. */
function toName(end: string): string {
  return end.slice(end.lastIndexOf('/') + 1);
}

function sumReports(conversations: readonly Conversation[]): Record<Perspectives, number> {
  const sums = { both: 0, client: 0, server: 0, none: 0 };
  for (const { perspectives } of conversations)
    for (const perspective of PERSPECTIVES) sums[perspective] += perspectives[perspective];
  return sums;
}
