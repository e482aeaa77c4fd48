import type { DropEvidence } from '../../model/drop-evidence.ts';
import { toJsonText } from './json-text.ts';
import { toLong } from './to-long.ts';

/** `,"evidence":{…}`: what others than the observers say of drops, each word once, and the sums of what they counted. */
export function toEvidence(evidence: readonly DropEvidence[]): string {
  const sources = toList(evidence, ({ source }) => source);
  let text = `,"evidence":{"source":[${sources}],"reason":[${toList(evidence, ({ reason }) => reason)}]`;
  const details = toList(evidence, ({ detail }) => detail);
  const nodes = toList(evidence, ({ nodeName }) => nodeName);
  if (details !== '') text += `,"detail":[${details}]`;
  if (nodes !== '') text += `,"node":[${nodes}]`;
  const packets = evidence.reduce((sum, one) => sum + one.packets, 0);
  const bytes = evidence.reduce((sum, one) => sum + one.bytes, 0);
  return `${text},"packets":${toLong(packets)},"bytes":${toLong(bytes)}}`;
}

function toList(evidence: readonly DropEvidence[], read: (one: DropEvidence) => string | undefined): string {
  const texts = new Set<string>();
  for (const one of evidence) {
    const told = read(one);
    if (told !== undefined && told !== '') texts.add(toJsonText(told));
  }
  return [...texts].join(',');
}
