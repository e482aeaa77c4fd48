import { toMarkdownTable } from '../lib/markdown-table.ts';
import { CONNECTION_ATTRIBUTES } from '../model/connection-attributes.ts';
import { FLOW_ATTRIBUTES, FLOW_EVENT_NAME } from '../model/flow-attributes.ts';

const HEAD = `# The flow record

Made from \`flow-attributes.ts\` by \`node src/config/write-record-doc.ts\`.

One OTLP log record reports one flow for one interval. Its event name is \`${FLOW_EVENT_NAME}\`, its severity INFO, or
WARN when the flow was dropped or rejected, its time the end of the interval, its trace id the first 16 bytes of the
SHA-1 behind the Community ID. Counters are deltas of the interval. What is not known is absent, never 0.

NDJSON (\`--output ndjson\`) has one object a record with the same names as keys, and \`time_unix_nano\` and
\`trace_id\` beside them.

`;

const CONNECTION_HEAD = `
## The connection

Made from \`connection-attributes.ts\`. The enrich role joins the records of both ends and names these; its API
(\`/api/flows\`) and its NDJSON tell one object a connection and interval, with these names as keys,
\`time_unix_nano\` and \`trace_id\` beside them. Source and destination are here the client and the server that
answered, translation undone; counters are the client's where its end was observed, else the server's.

`;

/** The documentation of the record's attributes as a Markdown page, in the form that prettier leaves as it is. */
export function toRecordDoc(): string {
  return HEAD + toTable(FLOW_ATTRIBUTES) + CONNECTION_HEAD + toTable(CONNECTION_ATTRIBUTES);
}

function toTable(attributes: readonly { readonly name: string; readonly type: string; readonly meaning: string }[]) {
  const rows = attributes.map(({ name, type, meaning }) => [`\`${name}\``, type, meaning]);
  return toMarkdownTable([['attribute', 'type', 'meaning'], ...rows]);
}
