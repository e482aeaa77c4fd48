import type { PolicyJudgement } from '../../model/policy-judgement.ts';
import { toFlatJson } from './flat-json.ts';
import { toObjectMember, toTextMembers } from './json-members.ts';
import { toJsonText } from './json-text.ts';

/** Characters that are kept of a sentence: a policy's selectors may be long, and a keyword has a limit. */
const MOST_CHARACTERS = 1_000;

/** What documents say of a judgement, made once for it. */
export interface JudgementText {
  /** `,"policy":{…}` of the own facts. */
  readonly own: string;
  /** `,"rule":{…}` of a connection that the policy keeps from getting through; empty where none is to blame. */
  readonly rule: string;
  /** `; …"`: what ends `event.reason` in place of its quotation mark. */
  readonly reasonEnd: string;
}

export function toJudgementText({ verdict, deciding, policy, why }: PolicyJudgement): JudgementText {
  const sentence = why === undefined ? undefined : toShort(why);
  const own = toTextMembers({
    verdict,
    direction: deciding?.direction,
    cause: deciding?.cause,
    namespace: policy?.namespaceName,
    name: policy?.name,
    why: sentence,
  });
  const rule = { name: policy?.name, ruleset: policy?.namespaceName, category: 'NetworkPolicy' };
  return {
    own: toFlatJson(`,"policy":{${own}}`),
    rule:
      policy === undefined || verdict !== 'denied' ? '' : toFlatJson(`,${toObjectMember('rule', toTextMembers(rule))}`),
    reasonEnd: sentence === undefined || verdict !== 'denied' ? '"' : toFlatJson(`; ${toJsonText(sentence).slice(1)}`),
  };
}

/** Never cut within a surrogate pair: half of one is no text. */
function toShort(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  const cut = text.slice(0, MOST_CHARACTERS - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
