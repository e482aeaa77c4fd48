import type { LabelSelector, PolicyPeer, PolicyRule } from '../model/network-policy.ts';
import type { FieldReader, JsonObject } from './field-reader.ts';
import type { CreatedPolicyFacts } from './kubernetes-object.ts';
import type { SharedValues } from './shared-values.ts';
import { toIpBlock } from './trim-ip-block.ts';
import { toLabelSelector } from './trim-label-selector.ts';
import { toIdentified } from './trim-metadata.ts';
import { toPolicyPort } from './trim-policy-port.ts';

const EVERYTHING: LabelSelector = { matchLabels: {}, matchExpressions: [] };
const TYPES: readonly unknown[] = ['Ingress', 'Egress'];

/**
 * A policy with the API's defaults (networking.k8s.io/v1, SetDefaults_NetworkPolicy): it is for ingress, and for egress
 * where it has egress rules, unless it says for what. What the API server would refuse (ValidateNetworkPolicySpec) is a
 * fault, and the policy is not whole.
 */
export function trimNetworkPolicy(
  raw: unknown,
  reader: FieldReader,
  shared: SharedValues,
): CreatedPolicyFacts | undefined {
  const identified = toIdentified(raw, reader, shared);
  if (identified === undefined) return undefined;
  const { namespaceName, name, metadata, object } = identified;
  const spec = reader.object(object['spec'], 'spec') ?? {};
  const podSelector = toLabelSelector(spec['podSelector'], 'spec.podSelector', reader) ?? EVERYTHING;
  const ingress = toRules(spec['ingress'], 'spec.ingress', 'from', reader);
  const egress = toRules(spec['egress'], 'spec.egress', 'to', reader);
  const types = toTypes(spec, egress.length > 0, reader);
  return {
    namespaceName,
    name,
    createdMs: reader.timeMs(metadata['creationTimestamp'], 'metadata.creationTimestamp'),
    podSelector,
    ingress: types.includes('Ingress') ? ingress : undefined,
    egress: types.includes('Egress') ? egress : undefined,
    isWhole: reader.fault === undefined,
    fault: reader.fault,
  };
}

function toTypes(spec: JsonObject, hasEgress: boolean, reader: FieldReader): readonly string[] {
  const path = 'spec.policyTypes';
  const told = reader.each(spec['policyTypes'], path, (type, place) =>
    TYPES.includes(type) ? (type as string) : reader.note(place),
  );
  if (told.length > TYPES.length) reader.note(path);
  if (told.length > 0) return told;
  return hasEgress ? ['Ingress', 'Egress'] : ['Ingress'];
}

function toRules(value: unknown, path: string, peersField: string, reader: FieldReader): PolicyRule[] {
  return reader.each(value, path, (each, place) => {
    const rule = reader.object(each ?? false, place);
    if (rule === undefined) return undefined;
    const toPart = <Part>(
      field: string,
      toItem: (item: unknown, at: string, reader: FieldReader) => Part | undefined,
    ) => reader.each(rule[field], `${place}.${field}`, (item, at) => toItem(item, at, reader));
    return { peers: toPart(peersField, toPeer), ports: toPart('ports', toPolicyPort) };
  });
}

function toPeer(value: unknown, path: string, reader: FieldReader): PolicyPeer | undefined {
  const peer = reader.object(value ?? false, path);
  if (peer === undefined) return undefined;
  const podSelector = toLabelSelector(peer['podSelector'], `${path}.podSelector`, reader);
  const namespaceSelector = toLabelSelector(peer['namespaceSelector'], `${path}.namespaceSelector`, reader);
  const block = reader.object(peer['ipBlock'], `${path}.ipBlock`);
  const ipBlock = block === undefined ? undefined : toIpBlock(block, `${path}.ipBlock`, reader);
  const isBySelector = podSelector !== undefined || namespaceSelector !== undefined;
  if (isBySelector === (block !== undefined)) reader.note(path);
  return { podSelector, namespaceSelector, ipBlock };
}
