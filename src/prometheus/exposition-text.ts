import type { MetricDeclaration } from './metric-declaration.ts';

/** Content type of the Prometheus text format 0.0.4. */
export const EXPOSITION_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const TO_ESCAPE = /[\\\n"]/;

/** A label value as it stands between its quotes (Prometheus text format: backslash, line feed and quote escaped). */
export function encodeLabelValue(value: string): string {
  if (!TO_ESCAPE.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

/** `a="1",b="2"` without braces, in the order given. */
export function encodeLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${encodeLabelValue(value)}"`)
    .join(',');
}

/** The HELP and TYPE lines that begin a family. */
export function encodeFamilyHead({ name, help, type }: MetricDeclaration): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
}
