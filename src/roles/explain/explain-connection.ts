import type { NamedEnd } from '../../model/named-end.ts';
import type { PolicyCause, PolicyJudgement, PolicyVerdict } from '../../model/policy-judgement.ts';
import type { Backend, Cluster, ServiceOfCluster, ServicePortFacts } from './cluster.ts';
import { explainDirection } from './explain-direction.ts';
import { toExplainedEnd, toServiceAsEnd } from './explained-end.ts';
import type { ExplainedBackend, ExplainedService, Explanation, ExplanationCause } from './explanation.ts';
import { findDialledPort, type DialledPort } from './find-dialled-port.ts';
import { findEnd, type FoundEnd } from './find-end.ts';
import { toLikelyCause } from './likely-cause.ts';
import { toMalformedNotes } from './malformed-policies.ts';
import { explainPolicyEndpoints } from './policy-endpoints.ts';
import { toProtocolNumber, type Question } from './question.ts';

/** The answer as far as the cluster's objects give it, or what is wrong with the question. */
export type ExplanationAnswer = { readonly explanation: Explanation } | { readonly problem: string };

interface Findings {
  readonly from: FoundEnd;
  readonly to: FoundEnd;
  readonly source: NamedEnd;
  readonly port: DialledPort;
  /** Where the connection may lead, each judged. */
  readonly judged: readonly JudgedBackend[];
}

interface JudgedBackend extends Backend {
  readonly judgement: PolicyJudgement;
}

/** What the policies say of a connection, and why. */
export function explainConnection(question: Question, cluster: Cluster): ExplanationAnswer {
  const protocolNumber = toProtocolNumber(question.protocol);
  const from = findEnd(question.from, cluster, protocolNumber, undefined);
  if ('problem' in from) return { problem: `from: ${from.problem}` };
  const { end: source } = from;
  if (source === undefined) return { problem: `from: ${question.from} is a Service, which begins no connections` };
  const to = findEnd(question.to, cluster, protocolNumber, question.port);
  if ('problem' in to) return { problem: `to: ${to.problem}` };
  const port = findDialledPort(question, to);
  if ('problem' in port) return { problem: `port: ${port.problem}` };
  const judged = listTargets(to, port, cluster).map((target) => ({
    ...target,
    judgement: cluster.judge(source, target.end, protocolNumber, target.port),
  }));
  return { explanation: toExplanation(question, { from, to, source, port, judged }, cluster) };
}

/** The backends of a Service; else the end itself. */
function listTargets(
  { end, service }: FoundEnd,
  { port, ofService }: DialledPort,
  cluster: Cluster,
): readonly Backend[] {
  if (service !== undefined && ofService !== undefined) return cluster.findBackends(service, ofService);
  return end === undefined ? [] : [{ end, port, isReady: true }];
}

function toExplanation(question: Question, findings: Findings, cluster: Cluster): Explanation {
  const { from, to, port, judged } = findings;
  const { service } = to;
  const { verdict, cause, deciding } = conclude(judged);
  const { ofService } = port;
  const ends = {
    from: toExplainedEnd(question.from, findings.source),
    to: service === undefined ? toExplainedEnd(question.to, to.end) : toServiceAsEnd(question.to, service),
  };
  const malformed = toMalformedNotes([ends.from.namespace, ends.to.namespace], cluster.catalogue);
  const facts = {
    ...ends,
    protocol: question.protocol,
    port: port.port,
    ...explainPolicies(question, findings.source, deciding, cluster),
    service: service === undefined || ofService === undefined ? null : toService(service, ofService),
    backends: service === undefined ? [] : judged.map(toBackend),
    observed: null,
    notes: [...from.notes, ...to.notes, ...malformed],
  };
  return { verdict, cause, likelyCause: toLikelyCause({ verdict, cause, ...facts }), ...facts };
}

/** Of the backend that decides. */
function explainPolicies(
  { protocol }: Question,
  source: NamedEnd,
  deciding: JudgedBackend | undefined,
  { catalogue }: Cluster,
): Pick<Explanation, 'egress' | 'ingress' | 'policyEndpoints'> {
  if (deciding === undefined) return { egress: null, ingress: null, policyEndpoints: [] };
  const { end: destination, port, judgement } = deciding;
  const dialled = { source, destination, protocolNumber: toProtocolNumber(protocol), port };
  return {
    egress: explainDirection(judgement, 'egress', dialled, catalogue),
    ingress: explainDirection(judgement, 'ingress', dialled, catalogue),
    policyEndpoints: explainPolicyEndpoints(judgement, dialled, catalogue),
  };
}

interface Conclusion {
  readonly verdict: PolicyVerdict;
  readonly cause: ExplanationCause;
  /** The backend to look at: the first that is denied, else the first that is not known, else any. */
  readonly deciding: JudgedBackend | undefined;
}

/** Traffic goes to backends that are ready; where none is, what would be if they were. */
function conclude(judged: readonly JudgedBackend[]): Conclusion {
  const ready = judged.filter(({ isReady }) => isReady);
  const meant = ready.length > 0 ? ready : judged;
  const first = (verdict: PolicyVerdict): JudgedBackend | undefined =>
    meant.find(({ judgement }) => judgement.verdict === verdict);
  const deciding = first('denied') ?? first('unknown') ?? meant[0];
  if (deciding === undefined) return { verdict: 'unknown', cause: 'no_backends', deciding };
  const { verdict } = deciding.judgement;
  const isOne = meant.every(({ judgement }) => judgement.verdict === verdict);
  if (!isOne) return { verdict: 'unknown', cause: 'backends_differ', deciding };
  return { verdict, cause: toCause(deciding.judgement), deciding };
}

/** Of what decides; of what is allowed, where any policy had a say. */
function toCause({ deciding, egress, ingress }: PolicyJudgement): PolicyCause {
  if (deciding !== undefined) return deciding.cause;
  return ingress.cause === 'not_isolated' || ingress.cause === 'not_a_pod' ? egress.cause : ingress.cause;
}

function toService(service: ServiceOfCluster, { port, name, targetPort }: ServicePortFacts): ExplainedService {
  return { namespace: service.namespaceName, name: service.name, port, portName: name ?? null, targetPort };
}

function toBackend({ end, port, isReady, judgement }: JudgedBackend): ExplainedBackend {
  const { kind, address, namespaceName, podName } = end;
  const pod = kind === 'pod' ? `${namespaceName}/${podName}` : null;
  const { verdict } = judgement;
  return { address: address === '' ? null : address, port, pod, isReady, verdict, cause: toCause(judgement) };
}
