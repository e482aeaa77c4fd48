import { isAgentVerdict } from './agent-fields.ts';
import { parseAgentVerdict } from './parse-agent-verdict.ts';
import { parseVpcRecord } from './parse-vpc-record.ts';
import { passOver, refuse, type LineOutcome } from './told-drop.ts';
import { unwrapLine, type UnwrappedLine } from './unwrap-line.ts';
import { parseVpcHeader, type VpcLayout } from './vpc-layout.ts';

export const LOG_FORMATS = ['auto', 'network-policy-agent', 'vpc-flow-log'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Reads the lines of one file, one after the other: a header tells the layout of those behind it. */
export class LineParser {
  readonly #format: LogFormat;
  readonly #givenLayout: VpcLayout | undefined;
  #layout: VpcLayout | undefined;

  /** `layout` is that of a VPC flow log without a header; a header goes before it. */
  constructor(format: LogFormat, layout: VpcLayout | undefined) {
    this.#format = format;
    this.#givenLayout = layout;
    this.#layout = layout;
  }

  /** What a line without its end tells, and when it was written if the line says so. */
  parse(line: string): LineOutcome {
    const unwrapped = unwrapLine(line);
    if (unwrapped === undefined) return refuse('json', 'it begins as a JSON object and is none');
    if (unwrapped.message === '' && unwrapped.fields === undefined) return passOver('empty');
    if (this.#format !== 'vpc-flow-log' && isAgentVerdict(unwrapped)) return parseAgentVerdict(unwrapped);
    if (this.#format === 'network-policy-agent') return passOver('other_message');
    return this.#parseVpc(unwrapped);
  }

  /** The next line is the first of another file. */
  forgetHeader(): void {
    this.#layout = this.#givenLayout;
  }

  #parseVpc({ message, fields }: UnwrappedLine): LineOutcome {
    if (message === undefined) return passOver('other_message');
    const header = parseVpcHeader(message);
    if (header !== undefined) {
      this.#layout = header;
      return passOver('header');
    }
    if (this.#layout !== undefined) return parseVpcRecord(message, this.#layout);
    if (this.#format === 'auto' && fields !== undefined) return passOver('other_message');
    return refuse(
      'format_unknown',
      'it is no verdict of the network policy agent, and no header or --fields tells a VPC flow log',
    );
  }
}
