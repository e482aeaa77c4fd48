import type { DirectionJudgement } from '../model/policy-judgement.ts';
import { Judgement } from './judgement.ts';

/** Why a judgement cannot stand as it is. */
export type Doubt = 'initiator' | 'translation' | 'backends';

/** What each doubt says before the sentence that stood. */
const WORDS: Readonly<Record<Doubt, string>> = {
  initiator: 'which end began it is not known, and the other way is not denied; this way:',
  translation:
    'its source is translated on the way, and the API leaves open which address ingress rules are for, of which the policies do not say the same; of the source itself:',
  backends: 'the policies do not say the same of all backends of the Service; of one:',
};

/**
 * Judgements with what is in doubt taken back: it is unknown. Doubt about the source's address is about ingress, whatever
 * that was; other doubts are about what was denied. One object for each judgement and doubt.
 */
export class Undecided {
  readonly #known: Readonly<Record<Doubt, WeakMap<Judgement, Judgement>>> = {
    initiator: new WeakMap(),
    translation: new WeakMap(),
    backends: new WeakMap(),
  };

  of(judgement: Judgement, doubt: Doubt): Judgement {
    const known = this.#known[doubt].get(judgement);
    if (known !== undefined) return known;
    const { egress, ingress } = judgement;
    const undecided = new Judgement(
      doubt === 'translation' ? egress : withoutDenial(egress),
      doubt === 'translation' ? toUnknown(ingress) : withoutDenial(ingress),
      (deciding) => {
        const why = judgement.why ?? 'it is allowed';
        return deciding === judgement.deciding ? why : `${WORDS[doubt]} ${why}`;
      },
    );
    this.#known[doubt].set(judgement, undecided);
    return undecided;
  }
}

function withoutDenial(judgement: DirectionJudgement): DirectionJudgement {
  return judgement.verdict === 'denied' ? toUnknown(judgement) : judgement;
}

function toUnknown(judgement: DirectionJudgement): DirectionJudgement {
  return { ...judgement, verdict: 'unknown', cause: 'facts_missing', matched: undefined };
}
