import { IP_PROTOCOL } from '../model/ip-protocol.ts';
import type { PolicyPort } from '../model/network-policy.ts';
import type { FieldReader, JsonObject } from './field-reader.ts';
import { parseProtocol } from './port-key.ts';

/** IANA_SVC_NAME: letters, digits and single hyphens within, at least one letter. */
const PORT_NAME = /^(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/;

/** A port of a rule: a number or a name, or a range of numbers (Kubernetes, ValidateNetworkPolicyPort). */
export function toPolicyPort(value: unknown, path: string, reader: FieldReader): PolicyPort | undefined {
  const each = reader.object(value ?? false, path);
  if (each === undefined) return undefined;
  const protocolNumber = toProtocol(each, path, reader);
  if (protocolNumber === undefined) return undefined;
  const port = each['port'] ?? undefined;
  const endPort = each['endPort'] ?? undefined;
  if (port !== undefined && !isPort(port) && !isPortName(port)) return reader.note(`${path}.port`);
  if (endPort === undefined) return { protocolNumber, port, endPort };
  const isRange = isPort(port) && isPort(endPort) && endPort >= port;
  return isRange ? { protocolNumber, port, endPort } : reader.note(`${path}.endPort`);
}

function toProtocol(each: JsonObject, path: string, reader: FieldReader): number | undefined {
  const told = each['protocol'] ?? undefined;
  if (told === undefined) return IP_PROTOCOL.tcp;
  const protocolNumber = typeof told === 'string' ? parseProtocol(told) : undefined;
  return protocolNumber ?? reader.note(`${path}.protocol`);
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
}

function isPortName(value: unknown): value is string {
  return typeof value === 'string' && PORT_NAME.test(value);
}
