import { readFileSync } from 'node:fs';

const FOLDER = new URL('../fixtures/aws/', import.meta.url);

/** What a line of the policy agent says. */
export interface ParsedSample {
  readonly src: string;
  readonly sport: number;
  readonly dst: string;
  readonly dport: number;
  readonly proto: string;
  readonly verdict: string;
  readonly direction?: string;
  readonly tier?: string;
}

interface AgentSamples {
  /** For messages of the file; an own reading of them, beside the one under test. */
  readonly regex: string;
  readonly cloudwatch_regex: string;
  readonly file_messages: readonly {
    readonly zap_msg?: string;
    readonly json_line?: Readonly<Record<string, string | number>>;
    readonly parsed: ParsedSample;
  }[];
  readonly cloudwatch_messages: readonly { readonly line: string }[];
}

interface VpcSamples {
  readonly default_format: string;
  readonly default_format_aws_template: string;
  readonly fields: readonly { readonly name: string; readonly parquet: string }[];
  readonly samples: readonly { readonly name: string; readonly format: string; readonly line: string }[];
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
}

export const AGENT_SAMPLES = read('npa-log-samples.json') as AgentSamples;
export const VPC_SAMPLES = read('vpcflow-samples.json') as VpcSamples;

/** Every sample line of the policy agent's file. */
export const AGENT_FILE_LINES = AGENT_SAMPLES.file_messages.map((sample) => ({
  line: sample.zap_msg ?? JSON.stringify(sample.json_line),
  parsed: sample.parsed,
}));

/** Every sample line that it sends to CloudWatch. */
export const AGENT_CLOUDWATCH_LINES = AGENT_SAMPLES.cloudwatch_messages.map(({ line }) => {
  const { src = '', sport, dst = '', dport, proto = '', verdict = '', tier } = matchGroups(line);
  const parsed: ParsedSample = { src, sport: Number(sport), dst, dport: Number(dport), proto, verdict };
  return { line, parsed: tier === undefined ? parsed : { ...parsed, tier } };
});

function matchGroups(line: string): Readonly<Record<string, string | undefined>> {
  return new RegExp(AGENT_SAMPLES.cloudwatch_regex).exec(line)?.groups ?? {};
}
