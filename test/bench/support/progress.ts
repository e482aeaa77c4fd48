/** Tells on stderr what a bench does, as it does it; stdout is the report's. */
export function tellProgress(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}
