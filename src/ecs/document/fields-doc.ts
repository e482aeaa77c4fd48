import { toMarkdownTable } from '../../lib/markdown-table.ts';
import type { DocumentField } from './document-field.ts';
import { DOCUMENT_FIELDS } from './document-fields.ts';

const HEAD = `# The document in Elasticsearch

Made from \`document-fields.ts\` by \`node src/ecs/document/write-fields-doc.ts\`; the index mapping comes from the same
list.

One document tells one connection in one report interval: client (source) and the server that answered (destination),
network address translation undone, counters as deltas of the interval, so that sums over time are right. The address of
a Service that was dialled is in \`podflow.dialled\`, not in \`destination\` with the backend as \`destination.nat\`, as
ECS has it: tables by destination are to tell pods. Its \`_id\` follows from connection and interval: told twice, it is
stored once. What is not known is absent, never 0 or null;
\`bytes\` and \`packets\` of a side are absent where nothing was seen of it.

The counters are those of the client's observer, else the server's; where both told, \`podflow.server\` has the server's
and \`podflow.lost\` the difference. \`client\` and \`server\` are written only when asked for, and where the initiator is
known: they repeat \`source\` and \`destination\`.

What the packets tell (\`podflow.verdict\`, \`podflow.drop\`), what others say of drops (\`podflow.evidence\`) and what the
NetworkPolicies say (\`podflow.policy\`) stand apart, and \`podflow.finding\` says where they are worth a look together.
\`rule\` is there only where a policy denies a connection that failed: \`rule.name: *\` finds those. Where
\`podflow.perspectives\` is none, nobody but evidence tells: such a document has no bytes and no observed pod.

`;

/** What each origin is called on the page. */
const ORIGINS: Readonly<Record<DocumentField['origin'], string>> = { ecs: 'ECS 9.4.0', beats: 'Beats', own: 'podflow' };

/** The documentation of a document's fields as a Markdown page, in the form that prettier leaves as it is. */
export function toFieldsDoc(): string {
  const rows = DOCUMENT_FIELDS.map(({ name, type, isArray, origin, meaning }) => [
    `\`${name}\``,
    isArray ? `${type}[]` : type,
    ORIGINS[origin],
    meaning,
  ]);
  return HEAD + toMarkdownTable([['field', 'type', 'of', 'tells'], ...rows]);
}
