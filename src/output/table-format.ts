import { styleText } from 'node:util';
import type { FlowRecord } from '../model/flow-record.ts';
import type { RecordFormat } from './record-format.ts';
import { TABLE_COLUMNS } from './table-columns.ts';

/** Lines between two heads: one is in sight on most terminals. */
const LINES_PER_HEAD = 40;
const GAP = '  ';

/** A table for people: aligned columns that grow and never shrink, the head again now and then. */
export class TableFormat implements RecordFormat {
  readonly #hasColours: boolean;
  readonly #widths = TABLE_COLUMNS.map(({ title, width }) => Math.max(title.length, width));
  #linesToHead = 0;

  constructor(options: { readonly hasColours: boolean }) {
    this.#hasColours = options.hasColours;
  }

  encode(records: readonly FlowRecord[]): string {
    const rows = records.map((record) => TABLE_COLUMNS.map(({ text }) => text(record)));
    if (this.#widen(rows)) this.#linesToHead = 0;
    return rows.map((cells, i) => this.#encodeRow(cells, records[i])).join('');
  }

  /** Makes room for the cells; true where a column grew. */
  #widen(rows: readonly (readonly string[])[]): boolean {
    let grew = false;
    for (const cells of rows) {
      for (const [column, cell] of cells.entries()) {
        if (cell.length <= (this.#widths[column] ?? 0)) continue;
        this.#widths[column] = cell.length;
        // The last column has nothing to its right that would move.
        grew ||= column < cells.length - 1;
      }
    }
    return grew;
  }

  #encodeRow(cells: readonly string[], record: FlowRecord | undefined): string {
    const head = this.#linesToHead === 0 ? this.#encodeHead() : '';
    this.#linesToHead = (this.#linesToHead === 0 ? LINES_PER_HEAD : this.#linesToHead) - 1;
    const failed = record?.verdict === 'dropped' || record?.verdict === 'rejected';
    const line = this.#toLine(cells);
    return `${head}${failed ? this.#paint('red', line) : line}\n`;
  }

  #encodeHead(): string {
    return `${this.#paint('bold', this.#toLine(TABLE_COLUMNS.map(({ title }) => title)))}\n`;
  }

  #toLine(cells: readonly string[]): string {
    const padded = cells.map((cell, column) => {
      const width = this.#widths[column] ?? 0;
      return TABLE_COLUMNS[column]?.align === 'right' ? cell.padStart(width) : cell.padEnd(width);
    });
    return padded.join(GAP).trimEnd();
  }

  #paint(style: 'red' | 'bold', text: string): string {
    return this.#hasColours ? styleText(style, text, { validateStream: false }) : text;
  }
}
