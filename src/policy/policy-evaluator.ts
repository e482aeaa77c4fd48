import type { Connection } from '../model/connection.ts';
import type { EndResolver, NamedEnd } from '../model/named-end.ts';
import type { PolicyCatalogue } from '../model/network-policy.ts';
import type { PolicyJudge } from '../model/policy-judge.ts';
import type { PolicyFinding, PolicyJudgement } from '../model/policy-judgement.ts';
import type { Judgement } from './judgement.ts';
import { hasAskedRules, PairJudge } from './pair-judge.ts';
import { toFinding } from './to-finding.ts';
import { Undecided } from './undecided.ts';

export interface Backend {
  readonly end: NamedEnd;
  readonly port: number;
}

export interface PolicyEvaluatorOptions {
  readonly catalogue: PolicyCatalogue;
  /** Names the address that a source is translated to; without it what ingress rules say of such a source is unknown. */
  readonly ends?: Pick<EndResolver, 'resolveEnd'> | undefined;
  /**
   * Ends and ports behind an end of kind `service` at a moment, where they are known; must not throw. Port is the
   * Service's.
   */
  readonly resolveBackends?:
    | ((service: NamedEnd, protocolNumber: number, port: number | undefined, timeMs: number) => readonly Backend[])
    | undefined;
  /** No finding of what got through or did not so soon after a change of policies or labels; default 5,000. */
  readonly settleMs?: number;
  /** Most judgements remembered; default 65,536, some 400 bytes each. */
  readonly maxJudgements?: number;
}

const DEFAULT_SETTLE_MS = 5_000;
const DEFAULT_MAX_JUDGEMENTS = 65_536;

/** Judges connections by the NetworkPolicies of their time, as the API (networking.k8s.io/v1) has them. */
export class PolicyEvaluator implements PolicyJudge {
  readonly #catalogue: PolicyCatalogue;
  readonly #options: PolicyEvaluatorOptions;
  readonly #settleMs: number;
  readonly #pairs: PairJudge;
  readonly #undecided = new Undecided();

  constructor(options: PolicyEvaluatorOptions) {
    this.#catalogue = options.catalogue;
    this.#options = options;
    this.#settleMs = options.settleMs ?? DEFAULT_SETTLE_MS;
    this.#pairs = new PairJudge(options.catalogue, options.maxJudgements ?? DEFAULT_MAX_JUDGEMENTS);
  }

  judge(connection: Connection): PolicyJudgement | undefined {
    const { source, destination, destinationPort, record } = connection;
    if (!this.#catalogue.isKnown || (isOutside(source) && isOutside(destination))) return undefined;
    const timeMs = record.startNs / 1e6;
    const told = this.evaluate(source, destination, record.protocolNumber, destinationPort, timeMs);
    const judgement = this.#withTranslation(told, connection, timeMs);
    const isCertain = judgement.verdict !== 'denied' || isInitiatorKnown(connection);
    return isCertain || this.#isDeniedBack(connection, timeMs) ? judgement : this.#undecided.of(judgement, 'initiator');
  }

  find(connection: Connection, judgement: PolicyJudgement): PolicyFinding | undefined {
    return toFinding(connection, judgement, { catalogue: this.#catalogue, settleMs: this.#settleMs });
  }

  /**
   * What the policies of a moment say of a new connection.
   * @param port of the destination itself: a Service's only where that is one
   * @param timeMs milliseconds since the Unix epoch; Infinity = as the policies are now
   */
  evaluate(
    source: NamedEnd,
    destination: NamedEnd,
    protocolNumber: number,
    port: number | undefined,
    timeMs: number,
  ): Judgement {
    const target = { end: destination, protocolNumber, port };
    if (destination.kind !== 'service') return this.#pairs.judge(source, target, timeMs);
    const backends = this.#options.resolveBackends?.(destination, protocolNumber, port, timeMs) ?? [];
    const judgements = backends.map((each) =>
      this.#pairs.judge(source, { end: each.end, protocolNumber, port: each.port }, timeMs),
    );
    const [first] = judgements;
    // The port behind an unknown backend is not the Service's.
    if (first === undefined) return this.#pairs.judge(source, { ...target, port: undefined }, timeMs);
    if (judgements.every(({ verdict }) => verdict === first.verdict)) return first;
    const odd = judgements.find(({ verdict }) => verdict === 'denied') ?? judgements.find(isUnknown) ?? first;
    return this.#undecided.of(odd, 'backends');
  }

  /** Whether ingress rules see the source's address or the translated one is left open: both must say the same. */
  #withTranslation(judgement: Judgement, connection: Connection, timeMs: number): Judgement {
    const { translatedSourceAddress, translatedSourcePort, destination, destinationPort, record } = connection;
    const isOpen = translatedSourceAddress !== undefined && destination.kind === 'pod';
    if (!isOpen || !hasAskedRules(judgement.ingress)) return judgement;
    const { protocolNumber } = record;
    const { ends } = this.#options;
    if (ends === undefined) return this.#undecided.of(judgement, 'translation');
    const translated = ends.resolveEnd(translatedSourceAddress, protocolNumber, translatedSourcePort, timeMs);
    const { ingress } = this.evaluate(translated, destination, protocolNumber, destinationPort, timeMs);
    return ingress.verdict === judgement.ingress.verdict ? judgement : this.#undecided.of(judgement, 'translation');
  }

  /** Whether the policies deny it too if its destination began it. */
  #isDeniedBack({ source, sourcePort, destination, record }: Connection, timeMs: number): boolean {
    const target = { end: source, protocolNumber: record.protocolNumber, port: sourcePort };
    // Not remembered: the port is mostly one that is used once.
    return this.#pairs.judgeOnce(destination, target, timeMs).verdict === 'denied';
  }
}

/** A guess is as good as knowing where nothing came back to what begins: who sent it began it. */
function isInitiatorKnown({ record, serverRecord, flowsBegun }: Connection): boolean {
  if (record.initiator !== 'guess') return true;
  return flowsBegun > 0 && record.reversePackets === 0 && (serverRecord?.reversePackets ?? 0) === 0;
}

function isOutside({ kind }: NamedEnd): boolean {
  return kind === 'external' || kind === 'node';
}

function isUnknown({ verdict }: Judgement): boolean {
  return verdict === 'unknown';
}
