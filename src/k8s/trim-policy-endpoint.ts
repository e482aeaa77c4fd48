import type { PolicyDirection, PolicyEndpointFacts, ResolvedRule } from '../model/network-policy.ts';
import type { FieldReader } from './field-reader.ts';
import type { SharedValues } from './shared-values.ts';
import { toIpBlock } from './trim-ip-block.ts';
import { toIdentified } from './trim-metadata.ts';
import { toPolicyPort } from './trim-policy-port.ts';

const DIRECTIONS: ReadonlyMap<unknown, PolicyDirection> = new Map([
  ['Ingress', 'ingress'],
  ['Egress', 'egress'],
]);

type Pod = PolicyEndpointFacts['pods'][number];

/** What the AWS controller resolved a policy to (networking.k8s.aws/v1alpha1). Blocks may be addresses by themselves. */
export function trimPolicyEndpoint(
  raw: unknown,
  reader: FieldReader,
  shared: SharedValues,
): PolicyEndpointFacts | undefined {
  const identified = toIdentified(raw, reader, shared);
  if (identified === undefined) return undefined;
  const { namespaceName, name, object } = identified;
  const spec = reader.object(object['spec'], 'spec') ?? {};
  const reference = reader.object(spec['policyRef'], 'spec.policyRef');
  const policyName = reader.text(reference?.['name'], 'spec.policyRef.name') ?? reader.note('spec.policyRef.name');
  const policyNamespaceName = reader.text(reference?.['namespace'], 'spec.policyRef.namespace') ?? namespaceName;
  const isolated = reader.each(
    spec['podIsolation'],
    'spec.podIsolation',
    (type, path) => DIRECTIONS.get(type) ?? reader.note(path),
  );
  const endpoints = 'spec.podSelectorEndpoints';
  return {
    namespaceName,
    name,
    policyNamespaceName: shared.text(policyNamespaceName),
    policyName: policyName ?? '',
    isolated,
    pods: reader.each(spec['podSelectorEndpoints'], endpoints, (each, path) => toPod(each, path, reader, shared)),
    ingress: reader.each(spec['ingress'], 'spec.ingress', (each, path) => toRule(each, path, reader)),
    egress: reader.each(spec['egress'], 'spec.egress', (each, path) => toRule(each, path, reader)),
    isWhole: reader.fault === undefined,
  };
}

function toPod(value: unknown, path: string, reader: FieldReader, shared: SharedValues): Pod | undefined {
  const each = reader.object(value ?? false, path);
  const address = reader.address(each?.['podIP'], `${path}.podIP`);
  const name = reader.text(each?.['name'], `${path}.name`);
  const namespaceName = reader.text(each?.['namespace'], `${path}.namespace`);
  if (address === undefined || name === undefined || namespaceName === undefined) return reader.note(path);
  return { address, name, namespaceName: shared.text(namespaceName) };
}

function toRule(value: unknown, path: string, reader: FieldReader): ResolvedRule | undefined {
  const each = reader.object(value ?? false, path);
  if (each === undefined) return undefined;
  const isByDomain = reader.text(each['domainName'], `${path}.domainName`) !== undefined;
  const ipBlock = isByDomain ? undefined : toIpBlock(each, path, reader, true);
  const ports = reader.each(each['ports'], `${path}.ports`, (port, at) => toPolicyPort(port, at, reader));
  return ipBlock === undefined && !isByDomain ? undefined : { ipBlock, ports };
}
