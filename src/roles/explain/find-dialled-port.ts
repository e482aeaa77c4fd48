import { toTransportName } from '../../model/ip-protocol.ts';
import type { ServicePortFacts } from './cluster.ts';
import type { FoundEnd } from './find-end.ts';
import { toProtocolNumber, type Question } from './question.ts';

/** The port that is dialled, and the Service's port that it is. */
export interface DialledPort {
  readonly port: number;
  readonly ofService: ServicePortFacts | undefined;
}

/** The port of the question, or the only one that a Service has; or why there is none. */
export function findDialledPort(
  { port, to: asked, protocol }: Question,
  { end, service }: FoundEnd,
): DialledPort | { readonly problem: string } {
  if (service === undefined)
    return port === undefined ? { problem: `is needed for ${asked}` } : { port, ofService: undefined };
  const name = `Service ${service.namespaceName}/${service.name}`;
  const { externalName } = service;
  if (externalName !== undefined) return { problem: `${name} is an alias of ${externalName}; ask for its address` };
  const ofProtocol = service.ports.filter((each) => each.protocolNumber === toProtocolNumber(protocol));
  // Dialled by address, that is the Service's own or a node's.
  const isOwn = end === undefined || service.addresses.includes(end.address);
  const dialled = ofProtocol.find((each) => (isOwn ? each.port : each.nodePort) === port);
  const found = port === undefined && ofProtocol.length === 1 ? ofProtocol[0] : dialled;
  if (found !== undefined) return { port: port ?? found.port, ofService: found };
  const known = service.ports.map(toServicePortText).join(', ') || 'none';
  if (port === undefined) return { problem: `is needed for ${name}, which has ${known}` };
  return { problem: `${name} has no port ${port}/${protocol.toUpperCase()}; it has ${known}` };
}

/** `80/TCP (http) to 8080` */
function toServicePortText({ name, port, protocolNumber, targetPort }: ServicePortFacts): string {
  const target = targetPort === port ? '' : ` to ${targetPort}`;
  return `${port}/${toTransportName(protocolNumber).toUpperCase()}${name === undefined ? '' : ` (${name})`}${target}`;
}
