import { toMarkdownTable } from '../lib/markdown-table.ts';
import { FLOW_ATTRIBUTES, FLOW_EVENT_NAME } from '../model/flow-attributes.ts';

const HEAD = `# The flow record

Made from \`flow-attributes.ts\` by \`node src/config/write-record-doc.ts\`.

One OTLP log record reports one flow for one interval. Its event name is \`${FLOW_EVENT_NAME}\`, its severity INFO, or
WARN when the flow was dropped or rejected, its time the end of the interval, its trace id the first 16 bytes of the
SHA-1 behind the Community ID. Counters are deltas of the interval. What is not known is absent, never 0.

NDJSON (\`--output ndjson\`) has one object a record with the same names as keys, and \`time_unix_nano\` and
\`trace_id\` beside them.

`;

/** The documentation of the record's attributes as a Markdown page, in the form that prettier leaves as it is. */
export function toRecordDoc(): string {
  const rows = FLOW_ATTRIBUTES.map(({ name, type, meaning }) => [`\`${name}\``, type, meaning]);
  return HEAD + toMarkdownTable([['attribute', 'type', 'meaning'], ...rows]);
}
