/** A Markdown table, first row the head, padded as prettier leaves it; `|` within a cell is escaped. */
export function toMarkdownTable(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) => toLine(widths.map((width, column) => (row[column] ?? '').padEnd(width))));
  lines.splice(1, 0, toLine(widths.map((width) => '-'.repeat(width))));
  return lines.join('');
}

function toLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}
