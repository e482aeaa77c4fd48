import { PERSPECTIVES, type Perspectives } from '../../model/connection.ts';
import { FLOW_INITIATORS, VERDICTS, type FlowInitiator, type Verdict } from '../../model/flow-record.ts';

/** `"perspectives":…,"verdict":…,"initiator":…` of each combination: what `podflow` begins with. */
export const FATE_TEXTS = toTable(PERSPECTIVES, (perspectives: Perspectives) =>
  toTable(VERDICTS, (verdict: Verdict) =>
    toTable(
      FLOW_INITIATORS,
      (initiator: FlowInitiator) =>
        `"perspectives":"${perspectives}","verdict":"${verdict}","initiator":"${initiator}"`,
    ),
  ),
);

function toTable<Word extends string, Value>(
  words: readonly Word[],
  toValue: (word: Word) => Value,
): Record<Word, Value> {
  return Object.fromEntries(words.map((word) => [word, toValue(word)])) as Record<Word, Value>;
}
