import type { OutputStream } from '../../model/role-context.ts';
import type { ConversationTable } from './conversation-table.ts';
import { toConversationLines } from './conversation-lines.ts';

const REDRAW_MS = 1000;
/** Without a terminal to redraw, the table is printed this often. */
const REPRINT_MS = 5000;
const CLEAR_SCREEN = '\x1b[H\x1b[2J';

export interface LiveViewOptions {
  readonly title: string;
  /** Where more can be asked for. */
  readonly addresses: readonly string[];
  readonly table: ConversationTable;
}

/** The demo's terminal page: who talks to whom, and what became of it, redrawn each second. */
export class LiveView {
  readonly #options: LiveViewOptions;
  readonly #out: OutputStream;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LiveViewOptions, out: OutputStream) {
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
    const { title, table, addresses } = this.#options;
    const lines = [title, ...toConversationLines(table.list()), ...addresses.map((address) => `  ${address}`)];
    const { isTTY, columns } = this.#out;
    // A line that wraps would push the page's top out of sight.
    if (isTTY === true) this.#out.write(`${CLEAR_SCREEN}${lines.map((line) => line.slice(0, columns)).join('\n')}\n`);
    else this.#out.write(`\n${lines.join('\n')}\n`);
  }
}
