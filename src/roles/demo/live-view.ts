import type { Writable } from 'node:stream';
import type { Conversation, ConversationTable } from './conversation-table.ts';
import type { KnownAddresses } from './known-addresses.ts';

const REDRAW_MS = 1000;
/** Without a terminal to redraw, the table is printed this often. */
const REPRINT_MS = 5000;
const MAX_ROWS = 24;
const CLEAR_SCREEN = '\x1b[H\x1b[2J';

export interface LiveViewOptions {
  readonly title: string;
  readonly metricsAddresses: readonly string[];
  readonly table: ConversationTable;
  readonly names: KnownAddresses;
}

/** The demo's terminal page: who talks to whom, and what became of it, redrawn each second. */
export class LiveView {
  readonly #options: LiveViewOptions;
  readonly #out: Writable & { isTTY?: boolean };
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LiveViewOptions, out: Writable & { isTTY?: boolean }) {
    this.#options = options;
    this.#out = out;
  }

  start(): void {
    this.#timer = setInterval(() => this.draw(), this.#out.isTTY === true ? REDRAW_MS : REPRINT_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  draw(): void {
    const { title, table, metricsAddresses } = this.#options;
    const lines = [
      title,
      `${table.records} flow records, ${table.flows} flows (each end's view counted)`,
      ...toTable(table.list().slice(0, MAX_ROWS), this.#options.names),
      ...metricsAddresses.map((address) => `  ${address}`),
    ];
    this.#out.write(`${this.#out.isTTY === true ? CLEAR_SCREEN : '\n'}${lines.join('\n')}\n`);
  }
}

const COLUMNS = [
  'seen at',
  'source',
  'destination',
  'backend',
  'flows',
  'packets →/←',
  'bytes →/←',
  'rtt',
  'outcome',
] as const;

/** A conversation table as aligned text lines, header first. */
export function toTable(conversations: readonly Conversation[], names: KnownAddresses): string[] {
  const rows = [COLUMNS as readonly string[], ...conversations.map((conversation) => toRow(conversation, names))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function toRow(conversation: Conversation, names: KnownAddresses): string[] {
  const { source, destination, destinationPort, transport, backend, direction, rttNs } = conversation;
  const port = destinationPort === undefined ? transport : `${destinationPort}/${transport}`;
  const failures = [...conversation.failures].map(([reason, reports]) => `${reason} ×${reports}`);
  return [
    direction === 'egress' ? 'client' : direction === 'ingress' ? 'server' : '?',
    names.resolve(source),
    `${names.resolve(destination)} ${port}`,
    backend === undefined ? '' : `${names.resolve(backend.address)} ${backend.port ?? ''}`.trimEnd(),
    String(conversation.flows),
    `${conversation.packets}/${conversation.reversePackets}`,
    `${toSize(conversation.bytes)}/${toSize(conversation.reverseBytes)}`,
    rttNs === undefined ? '' : `${(rttNs / 1e6).toFixed(2)} ms`,
    failures.length > 0 ? failures.join(', ') : 'forwarded',
  ];
}

function toSize(byteCount: number): string {
  if (byteCount < 1000) return `${byteCount} B`;
  if (byteCount < 1e6) return `${(byteCount / 1e3).toFixed(1)} kB`;
  return `${(byteCount / 1e6).toFixed(1)} MB`;
}
