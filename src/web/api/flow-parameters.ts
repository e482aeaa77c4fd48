import type { Connection } from '../../model/connection.ts';
import { DROP_REASONS } from '../../model/drop-reason.ts';
import { VERDICTS } from '../../model/flow-record.ts';
import type { NamedEnd } from '../../model/named-end.ts';
import { POLICY_FINDINGS, POLICY_VERDICTS } from '../../model/policy-judgement.ts';
import {
  addressText,
  choices,
  mapped,
  moment,
  objectName,
  qualifiedName,
  wholeNumber,
  type ParameterForm,
} from './parameter-form.ts';
import type { Parameter } from './parameter.ts';

/** Whether a flow is asked for. */
export type FlowFilter = (connection: Connection) => boolean;

function filter<Value>(
  form: ParameterForm<Value>,
  meaning: string,
  matches: (connection: Connection, value: Value) => boolean,
): Parameter<FlowFilter> {
  const toFilter =
    (value: Value): FlowFilter =>
    (connection) =>
      matches(connection, value);
  return { form: mapped(form, toFilter), meaning };
}

/** The parameters that choose flows; a flow must match all that are given. */
export const FLOW_FILTERS = {
  namespace: filter(objectName(), 'an end in this namespace', (c, name) =>
    hasEnd(c, (end) => end.namespaceName === name),
  ),
  workload: filter(qualifiedName(), 'an end of this workload', (c, name) =>
    hasEnd(c, (end) => isNamed(name, end.namespaceName, end.workloadName)),
  ),
  pod: filter(qualifiedName(), 'an end that is this pod', (c, name) =>
    hasEnd(c, (end) => isNamed(name, end.namespaceName, end.podName)),
  ),
  node: filter(objectName(), 'an end on this node', (c, name) => hasEnd(c, (end) => end.nodeName === name)),
  service: filter(qualifiedName(), 'through this Service', (c, name) => isThrough(c, name)),
  address: filter(addressText(), 'an end with this address, or dialled by it', (c, address) =>
    [c.source.address, c.destination.address, c.dialledAddress, c.translatedSourceAddress].includes(address),
  ),
  port: filter(
    wholeNumber(0, 65_535),
    "the destination's port, or the dialled one",
    (c, port) => c.destinationPort === port || c.dialledPort === port,
  ),
  transport: filter(objectName(), 'tcp, udp, icmp, …', (c, transport) => c.record.transport === transport),
  verdict: filter(choices(VERDICTS), 'any of these verdicts', (c, verdicts) => verdicts.has(c.verdict)),
  reason: filter(
    choices(DROP_REASONS),
    'dropped or rejected for any of these reasons',
    (c, reasons) => c.dropReason !== undefined && reasons.has(c.dropReason),
  ),
  judgement: filter(
    choices(POLICY_VERDICTS),
    'any of these is what the policies say',
    (c, verdicts) => c.judgement !== undefined && verdicts.has(c.judgement.verdict),
  ),
  policy: filter(qualifiedName(), 'denied by this NetworkPolicy', (c, name) =>
    isNamed(name, c.judgement?.policy?.namespaceName, c.judgement?.policy?.name),
  ),
  finding: filter(
    choices(POLICY_FINDINGS),
    'any of these findings',
    (c, findings) => c.finding !== undefined && findings.has(c.finding),
  ),
  from: filter(moment(), 'last packet at this time or later', (c, timeMs) => c.record.endNs / 1e6 >= timeMs),
  to: filter(moment(), 'first packet before this time', (c, timeMs) => c.record.startNs / 1e6 < timeMs),
} as const satisfies Readonly<Record<string, Parameter<FlowFilter>>>;

/** The parameters of `/api/flows`. */
export const FLOW_PARAMETERS = {
  ...FLOW_FILTERS,
  limit: { form: wholeNumber(1, 1_000), meaning: 'most flows to tell', default: '100' },
  cursor: {
    form: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    meaning: '`nextCursor` of the page before: goes on with older flows',
  },
} as const satisfies Readonly<Record<string, Parameter<unknown>>>;

function hasEnd({ source, destination }: Connection, matches: (end: NamedEnd) => boolean): boolean {
  return matches(source) || matches(destination);
}

function isThrough({ service, destination }: Connection, name: string): boolean {
  if (service !== undefined) return isNamed(name, service.namespaceName, service.serviceName);
  return isNamed(name, destination.namespaceName, destination.serviceName);
}

/** Whether `NAME` or `NAMESPACE/NAME` names an object. */
function isNamed(written: string, namespace: string | undefined, name: string | undefined): boolean {
  if (name === undefined) return false;
  return written === name || written === `${namespace ?? ''}/${name}`;
}
