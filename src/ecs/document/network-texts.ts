import type { FlowRecord } from '../../model/flow-record.ts';
import { toFlatJson } from './flat-json.ts';
import { toJsonText } from './json-text.ts';

const TYPES = { ipv4: 0, ipv6: 1 } as const;
const DIRECTIONS = { ingress: 0, egress: 1, unknown: 2 } as const;

interface NetworkText {
  readonly transport: string;
  readonly text: string;
}

/**
 * `"type":"ipv4","transport":"tcp","iana_number":"6","direction":"egress"`: what ECS `network` begins with, made once
 * for each combination. There is a place for each protocol number, so what comes from outside cannot fill it.
 */
export class NetworkTexts {
  readonly #texts: (NetworkText | undefined)[] = Array.from({ length: 256 * 6 }, () => undefined);

  toMembers(record: FlowRecord): string {
    const { transport } = record;
    const place = (record.protocolNumber & 0xff) * 6 + TYPES[record.networkType] * 3 + DIRECTIONS[record.direction];
    const known = this.#texts[place];
    if (known?.transport === transport) return known.text;
    const text = toFlatJson(toText(record));
    this.#texts[place] = { transport, text };
    return text;
  }
}

function toText({ networkType, transport, protocolNumber, direction }: FlowRecord): string {
  const name = transport === '' ? '' : `"transport":${toJsonText(transport)},`;
  return `"type":"${networkType}",${name}"iana_number":"${protocolNumber}","direction":"${direction}"`;
}
