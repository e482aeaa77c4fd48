import type { DirectionJudgement, PolicyJudgement, PolicyName, PolicyVerdict } from '../model/policy-judgement.ts';

/** What both directions say together. The sentence is made when it is first asked for: few judgements are read. */
export class Judgement implements PolicyJudgement {
  readonly verdict: PolicyVerdict;
  readonly egress: DirectionJudgement;
  readonly ingress: DirectionJudgement;
  readonly deciding: DirectionJudgement | undefined;
  readonly policy: PolicyName | undefined;
  readonly #tellWhy: (deciding: DirectionJudgement) => string;
  #why: string | undefined;

  constructor(
    egress: DirectionJudgement,
    ingress: DirectionJudgement,
    tellWhy: (deciding: DirectionJudgement) => string,
  ) {
    this.egress = egress;
    this.ingress = ingress;
    this.deciding = ofVerdict('denied', egress, ingress) ?? ofVerdict('unknown', egress, ingress);
    this.verdict = this.deciding?.verdict ?? 'allowed';
    this.policy = this.verdict === 'denied' ? this.deciding?.selecting[0] : undefined;
    this.#tellWhy = tellWhy;
  }

  get why(): string | undefined {
    if (this.deciding !== undefined) this.#why ??= this.#tellWhy(this.deciding);
    return this.#why;
  }
}

function ofVerdict(verdict: PolicyVerdict, egress: DirectionJudgement, ingress: DirectionJudgement) {
  if (egress.verdict === verdict) return egress;
  return ingress.verdict === verdict ? ingress : undefined;
}
