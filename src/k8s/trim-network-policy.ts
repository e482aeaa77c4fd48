import type { FieldReader, JsonObject } from './field-reader.ts';
import type {
  LabelRequirement,
  LabelSelector,
  NetworkPolicyFacts,
  PolicyPeer,
  PolicyPort,
  PolicyRule,
} from '../model/network-policy.ts';
import { parseProtocol } from './port-key.ts';
import type { SharedValues } from './shared-values.ts';
import { toIdentified } from './trim-metadata.ts';

const OPERATORS: readonly string[] = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/**
 * A policy with the API's defaults (networking.k8s.io/v1, SetDefaults_NetworkPolicy): it is for ingress, and for egress
 * where it has egress rules, unless it says for what.
 */
export function trimNetworkPolicy(
  raw: unknown,
  reader: FieldReader,
  shared: SharedValues,
): NetworkPolicyFacts | undefined {
  const identified = toIdentified(raw, reader, shared);
  if (identified === undefined) return undefined;
  const { namespaceName, name, object } = identified;
  const spec = reader.object(object['spec'], 'spec') ?? {};
  const egress = toRules(spec['egress'], 'spec.egress', 'to', reader);
  const ingress = toRules(spec['ingress'], 'spec.ingress', 'from', reader);
  const told = reader.texts(spec['policyTypes'], 'spec.policyTypes');
  const types = told.length > 0 ? told : ['Ingress', ...(egress.length > 0 ? ['Egress'] : [])];
  return {
    namespaceName,
    name,
    podSelector: toSelector(spec['podSelector'], 'spec.podSelector', reader) ?? {
      matchLabels: {},
      matchExpressions: [],
    },
    ingress: types.includes('Ingress') ? ingress : undefined,
    egress: types.includes('Egress') ? egress : undefined,
    isWhole: reader.fault === undefined,
  };
}

function toSelector(value: unknown, path: string, reader: FieldReader): LabelSelector | undefined {
  const object = reader.object(value, path);
  if (object === undefined) return undefined;
  const expressions = reader.objects(object['matchExpressions'], `${path}.matchExpressions`);
  return {
    matchLabels: reader.labels(object['matchLabels'], `${path}.matchLabels`) ?? {},
    matchExpressions: expressions.flatMap((each) => toRequirement(each, `${path}.matchExpressions[]`, reader) ?? []),
  };
}

function toRequirement(each: JsonObject, path: string, reader: FieldReader): LabelRequirement | undefined {
  const key = reader.text(each['key'], `${path}.key`);
  const operator = reader.text(each['operator'], `${path}.operator`);
  if (key === undefined || operator === undefined || !OPERATORS.includes(operator)) return reader.note(path);
  const values = (each['values'] ?? []) as unknown;
  // The empty value is one: `In ["", "a"]`.
  const isTexts = Array.isArray(values) && values.every((value) => typeof value === 'string');
  return isTexts ? { key, operator: operator as LabelRequirement['operator'], values } : reader.note(`${path}.values`);
}

function toRules(value: unknown, path: string, peersField: string, reader: FieldReader): PolicyRule[] {
  return reader.objects(value, path).map((rule) => ({
    peers: reader
      .objects(rule[peersField], `${path}[].${peersField}`)
      .map((peer) => toPeer(peer, `${path}[].${peersField}[]`, reader)),
    ports: reader
      .objects(rule['ports'], `${path}[].ports`)
      .flatMap((port) => toPort(port, `${path}[].ports[]`, reader) ?? []),
  }));
}

function toPeer(peer: JsonObject, path: string, reader: FieldReader): PolicyPeer {
  const podSelector = toSelector(peer['podSelector'], `${path}.podSelector`, reader);
  const namespaceSelector = toSelector(peer['namespaceSelector'], `${path}.namespaceSelector`, reader);
  const ipBlock = toIpBlock(peer['ipBlock'], `${path}.ipBlock`, reader);
  const isBySelector = podSelector !== undefined || namespaceSelector !== undefined;
  if (isBySelector === (ipBlock !== undefined)) reader.note(path);
  return { podSelector, namespaceSelector, ipBlock };
}

function toIpBlock(value: unknown, path: string, reader: FieldReader): PolicyPeer['ipBlock'] {
  const block = reader.object(value, path);
  if (block === undefined) return undefined;
  const cidr = reader.text(block['cidr'], `${path}.cidr`);
  return cidr === undefined
    ? reader.note(`${path}.cidr`)
    : { cidr, except: reader.texts(block['except'], `${path}.except`) };
}

function toPort(each: JsonObject, path: string, reader: FieldReader): PolicyPort | undefined {
  const protocolNumber = parseProtocol(reader.text(each['protocol'], `${path}.protocol`));
  if (protocolNumber === undefined) return reader.note(`${path}.protocol`);
  const told = each['port'];
  const port = typeof told === 'string' ? told : reader.port(told, `${path}.port`);
  return { protocolNumber, port, endPort: reader.port(each['endPort'], `${path}.endPort`) };
}
