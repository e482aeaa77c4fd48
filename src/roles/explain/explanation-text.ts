import { toColumns } from '../../lib/to-columns.ts';
import type {
  ExplainedDirection,
  ExplainedEnd,
  ExplainedPolicyEndpoint,
  Explanation,
  Missing,
  Observed,
  RuleMiss,
} from './explanation.ts';

const WORDS: Readonly<Record<Missing['kind'], string>> = {
  pod_label: 'label ',
  namespace_label: 'namespace label ',
  namespace: '',
  pod: '',
  address: '',
  port: '',
};
const WIDTH = 10;
const MOST_RULES = 3;
const MOST_BACKENDS = 10;

/** The answer for people: the verdict, the likely cause, and then each part by itself. */
export function toExplanationText(explanation: Explanation, nowMs: number): string {
  const { verdict, from, to, port, protocol, likelyCause, egress, ingress, policyEndpoints, notes } = explanation;
  const lines = [
    `${verdict.toUpperCase()}  ${toEndText(from)} → ${toEndText(to)} port ${port}/${protocol}`,
    '',
    `  ${likelyCause}`,
    '',
    ...toPart('egress', egress === null ? [] : toDirectionLines(egress)),
    ...toPart('ingress', ingress === null ? [] : toDirectionLines(ingress)),
    ...toPart('service', toServiceLines(explanation)),
    ...toPart('resolved', policyEndpoints.map(toResolvedText)),
    ...toPart('observed', [toObservedText(explanation.observed, nowMs)]),
    ...toPart('note', notes),
  ];
  return `${lines.join('\n')}\n`;
}

/** A part's name before its first line, the others below it. */
function toPart(name: string, lines: readonly string[]): string[] {
  return lines.map((line, i) => `${(i === 0 ? name : '').padEnd(WIDTH)}${line}`.trimEnd());
}

function toEndText({ kind, namespace, name, address, asked }: ExplainedEnd): string {
  const full = name === null ? (address ?? asked) : namespace === null ? name : `${namespace}/${name}`;
  return kind === 'pod' ? full : kind === 'service' ? `Service ${full}` : `${full} (${kind})`;
}

/** The sentence on what denies it stands above as the likely cause; here are the rules. */
function toDirectionLines({ verdict, cause, selecting, why, misses }: ExplainedDirection): string[] {
  const rules = misses.slice(0, MOST_RULES).map(toRuleText);
  const more = misses.length - MOST_RULES;
  const isByRules = verdict !== 'allowed' && selecting.length > 0;
  const head = isByRules ? `${verdict} (${cause}), selected by ${selecting.join(', ')}` : `${verdict}: ${why}`;
  return [head, ...rules, ...(more > 0 ? [`  and ${more} rules that are further away`] : [])];
}

function toRuleText({ policy, ruleIndex, admits, missing }: RuleMiss): string {
  const lacks = missing.map(({ kind, wanted, has }) => `${WORDS[kind]}${wanted}${has === null ? '' : ` (has ${has})`}`);
  return `  rule ${ruleIndex + 1} of ${policy}, ${admits}: lacks ${lacks.join(' and ')}`;
}

function toResolvedText({ policy, direction, state, why }: ExplainedPolicyEndpoint): string {
  const word = { agrees: 'agrees', not_yet: 'does not agree (yet)', absent: 'is absent' }[state];
  return `PolicyEndpoint of ${policy} ${word} for ${direction}: ${why}`;
}

function toServiceLines({ service, backends, protocol }: Explanation): string[] {
  if (service === null) return [];
  const { namespace, name, port, portName, targetPort } = service;
  const target = targetPort === null ? '' : ` → ${targetPort}`;
  const head = `${namespace}/${name} ${portName === null ? '' : `${portName} `}${port}/${protocol}${target}: ${toCount(backends.length, 'backend')}`;
  const rows = backends
    .slice(0, MOST_BACKENDS)
    .map(({ verdict, address, port: backendPort, pod }) => [
      '',
      verdict,
      toSocketText(address, backendPort),
      pod ?? '',
    ]);
  const more = backends.length - MOST_BACKENDS;
  return [head, ...toColumns(rows).split('\n').filter(Boolean), ...(more > 0 ? [`  and ${more} more`] : [])];
}

function toSocketText(address: string | null, port: number): string {
  return address?.includes(':') === true ? `[${address}]:${port}` : `${address ?? '(no address)'}:${port}`;
}

function toObservedText(observed: Observed | null, nowMs: number): string {
  if (observed === null) return 'not asked: --api-url names an enrichment service that tells';
  const { api, problem, reports, verdicts, reasons, connections, lastSeenMs, hasMore } = observed;
  if (problem !== null) return `${api} could not be asked: ${problem}`;
  if (reports === 0) return 'nothing of this pair lately';
  const told = Object.entries(verdicts).map(([verdict, count]) => `${count} ${verdict}`);
  const why = Object.entries(reasons).map(([reason, count]) => `${count} ${reason}`);
  const last = lastSeenMs === null ? '' : `, last ${toAgeText(nowMs - lastSeenMs)} ago`;
  const failures = why.length === 0 ? '' : ` (${why.join(', ')})`;
  const least = hasMore ? 'at least ' : '';
  return `${least}${toCount(connections, 'connection')} in ${toCount(reports, 'report')}: ${told.join(', ')}${failures}${last}`;
}

function toCount(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** `3 s`, `5 min`, `2 h` */
export function toAgeText(ageMs: number): string {
  const seconds = Math.max(0, Math.round(ageMs / 1_000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
