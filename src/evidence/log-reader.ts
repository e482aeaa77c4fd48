import { wallClockNs } from '../lib/clock.ts';
import { LineSplitter, type BoundedLine } from '../lib/line-splitter.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { Log } from '../model/log.ts';
import type { EvidenceTally } from './evidence-tally.ts';
import { LineParser, type LogFormat } from './line-parser.ts';
import { refuse, type LineOutcome } from './told-drop.ts';
import { toEvidenceRecord } from './to-evidence-record.ts';
import type { VpcLayout } from './vpc-layout.ts';

export interface LogReaderOptions {
  /** How the log names the file. */
  readonly path: string;
  readonly format: LogFormat;
  /** Of VPC flow logs without a header. */
  readonly layout: VpcLayout | undefined;
  readonly intervalMs: number;
  readonly nowNs?: () => number;
}

/** CloudWatch takes no longer event (256 KiB); a line of these logs has some hundred bytes. */
const MOST_LINE_BYTES = 262_144;
/** Bad lines that are logged one by one; the others are counted. */
const MOST_TOLD = 5;
const SHOWN_CHARACTERS = 160;

/** Makes evidence of the bytes of one log. Lines that cannot be read are counted, the first of them logged. */
export class LogReader {
  readonly #options: LogReaderOptions;
  readonly #tally: EvidenceTally;
  readonly #log: Log;
  readonly #parser: LineParser;
  readonly #splitter: LineSplitter;
  readonly #nowNs: () => number;
  #records: FlowRecord[] = [];
  #lineNumber = 0;
  #badLines = 0;
  #skippedWindows = 0;

  /** `tally` counts the lines of this log together with those of others. */
  constructor(options: LogReaderOptions, tally: EvidenceTally, log: Log) {
    this.#options = options;
    this.#tally = tally;
    this.#log = log;
    this.#nowNs = options.nowNs ?? wallClockNs;
    this.#parser = new LineParser(options.format, options.layout);
    this.#splitter = new LineSplitter(MOST_LINE_BYTES);
  }

  /** Takes bytes, which must not be changed afterwards; returns what they told. */
  read(chunk: Buffer): readonly FlowRecord[] {
    for (const line of this.#splitter.split(chunk)) this.#takeLine(line);
    return this.#takeRecords();
  }

  /** The file has ended; what still comes is of another one under the same name. */
  endFile(): readonly FlowRecord[] {
    for (const line of this.#splitter.end()) this.#takeLine(line);
    this.#parser.forgetHeader();
    this.#tellCounts();
    this.#lineNumber = 0;
    this.#badLines = 0;
    this.#skippedWindows = 0;
    return this.#takeRecords();
  }

  #takeRecords(): readonly FlowRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  #takeLine(told: BoundedLine): void {
    this.#lineNumber++;
    const line = told?.endsWith('\r') === true ? told.slice(0, -1) : (told ?? '');
    const outcome =
      told === undefined
        ? refuse('line_too_long', `it has more than ${MOST_LINE_BYTES} bytes`)
        : this.#parser.parse(line);
    this.#tally.count(outcome);
    if (outcome.kind === 'drop') this.#addRecord(outcome, line);
    else if (outcome.kind === 'malformed') this.#tellBadLine(outcome, line);
    else if (outcome.reason === 'skipped_data') this.#skippedWindows++;
  }

  #addRecord({ drop }: LineOutcome & { kind: 'drop' }, line: string): void {
    const { intervalMs } = this.#options;
    const telling = { line, lineNumber: this.#lineNumber, readNs: this.#nowNs(), intervalMs };
    this.#records.push(toEvidenceRecord(drop, telling));
  }

  #tellBadLine({ reason, problem }: LineOutcome & { kind: 'malformed' }, line: string): void {
    if (++this.#badLines > MOST_TOLD) return;
    const place = { path: this.#options.path, line: this.#lineNumber };
    this.#log.warn({ ...place, reason, problem, text: line.slice(0, SHOWN_CHARACTERS) }, 'A line cannot be read');
  }

  #tellCounts(): void {
    const { path } = this.#options;
    if (this.#badLines > MOST_TOLD) this.#log.warn({ path, lines: this.#badLines }, 'Lines could not be read');
    if (this.#skippedWindows === 0) return;
    this.#log.warn(
      { path, windows: this.#skippedWindows },
      'The VPC flow log lost records (SKIPDATA); they are in no file',
    );
  }
}
