import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { IpBlock } from '../model/network-policy.ts';
import { toCanonicalAddress } from './canonical-address.ts';
import type { FieldReader, JsonObject } from './field-reader.ts';

/** `10.0.0.0/8`; the length in decimal digits. */
const BLOCK = /^([^/]+)\/(\d{1,3})$/;
const MAPPED_BITS = 96;

/**
 * A block with what is taken out of it, which must lie within and be smaller (Kubernetes, ValidateIPBlock). Addresses
 * are in the form of those of records.
 * @param isAddressBlock whether an address by itself is a block of one
 */
export function toIpBlock(
  block: JsonObject,
  path: string,
  reader: FieldReader,
  isAddressBlock = false,
): IpBlock | undefined {
  const told = reader.text(block['cidr'], `${path}.cidr`);
  const cidr = told === undefined ? undefined : toCanonicalBlock(told, isAddressBlock);
  if (cidr === undefined) return reader.note(`${path}.cidr`);
  const except = reader.each(block['except'], `${path}.except`, (value, place) => {
    const text = typeof value === 'string' ? toCanonicalBlock(value, isAddressBlock) : undefined;
    return text !== undefined && isWithin(text, cidr) ? text : reader.note(place);
  });
  return { cidr, except };
}

/** As Go's `net.ParseCIDR` has it: bits beyond the length are allowed, zones are not. */
function toCanonicalBlock(text: string, isAddressBlock: boolean): string | undefined {
  const [, before = text, digits] = BLOCK.exec(text) ?? [];
  if (digits === undefined && !isAddressBlock) return undefined;
  const address = toCanonicalAddress(before);
  if (address === undefined) return undefined;
  const wholeLength = isIPv6(address) ? 128 : 32;
  const toldLength = digits === undefined ? wholeLength : Number(digits);
  // An IPv4 address written as an IPv6 one.
  const isMapped = digits !== undefined && wholeLength === 32 && before.includes(':');
  const length = isMapped ? toldLength - MAPPED_BITS : toldLength;
  return length >= 0 && length <= wholeLength ? `${address}/${length}` : undefined;
}

function isWithin(inner: string, outer: string): boolean {
  const [innerAddress, innerLength] = ipaddr.parseCIDR(inner);
  const [outerAddress, outerLength] = ipaddr.parseCIDR(outer);
  return (
    innerAddress.kind() === outerAddress.kind() &&
    innerLength > outerLength &&
    innerAddress.match(outerAddress, outerLength)
  );
}
