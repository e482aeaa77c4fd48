import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import * as z from 'zod/mini';
import { parseByteCount } from '../lib/byte-count.ts';
import { parseDurationMs } from '../lib/duration.ts';
import { MAX_TUNNEL_PORTS, type TunnelPort } from '../model/tunnel-port.ts';
import { parseKeyValueList } from './parse-key-value-list.ts';

/** How a setting is written: what reads its text, and how the documentation describes it. */
export interface Form<Value> {
  readonly schema: z.ZodMiniType<Value, string>;
  readonly description: string;
  /** The flag may stand without a value, which means `true`. */
  readonly isSwitch?: true;
}

/** What a parser makes of a text: the value, or what is wrong with it ("is …", "has …"). */
type Parsed<Value> = { readonly value: Value } | { readonly problem: string };

function form<Value>(description: string, parse: (text: string) => Parsed<Value>): Form<Value> {
  const read = z.transform<string, Value>((written, context) => {
    const parsed = parse(written);
    if ('value' in parsed) return parsed.value;
    context.issues.push({ code: 'custom', input: written, message: parsed.problem });
    return z.NEVER;
  });
  return { schema: z.pipe(z.string(), read), description };
}

/** Any text but the empty one. */
export function text(description = 'text'): Form<string> {
  return form(description, (value) => (value === '' ? { problem: 'is empty' } : { value }));
}

/** One of a few words. */
export function choice<const Word extends string>(...words: readonly Word[]): Form<Word> {
  return form(words.join(' | '), (value) => {
    const word = words.find((candidate) => candidate === value);
    return word === undefined ? { problem: `is none of ${words.join(', ')}` } : { value: word };
  });
}

/** A switch: the bare flag, or `true` and `false`. */
export function onOff(): Form<boolean> {
  const words = choice('true', 'false');
  const schema = z.pipe(
    words.schema,
    z.transform((word) => word === 'true'),
  );
  return { schema, description: words.description, isSwitch: true };
}

/** A duration in milliseconds, from and to the bounds, which are themselves durations. */
export function duration(least: string, most: string): Form<number> {
  const [leastMs = 0, mostMs = Infinity] = [parseDurationMs(least), parseDurationMs(most)];
  return form(`duration, ${least} to ${most}`, (value) => {
    const durationMs = parseDurationMs(value);
    if (durationMs === undefined) return { problem: 'is no duration such as 500ms, 20s, 5m or 1h' };
    if (durationMs < leastMs || durationMs > mostMs) return { problem: `is not within ${least} to ${most}` };
    return { value: durationMs };
  });
}

/** A whole number within bounds. */
export function count(least: number, most: number): Form<number> {
  return form(`${least} to ${most}`, (value) => {
    if (!/^\d{1,15}$/.test(value)) return { problem: 'is no whole number' };
    const number = Number(value);
    return number < least || number > most ? { problem: `is not within ${least} to ${most}` } : { value: number };
  });
}

/** A number of bytes, from and to the bounds, with a binary unit or none: `64MiB`. */
export function byteSize(least: string, most: string): Form<number> {
  const [leastBytes = 0, mostBytes = Infinity] = [parseByteCount(least), parseByteCount(most)];
  return form(`size, ${least} to ${most}`, (value) => {
    const byteCount = parseByteCount(value);
    if (byteCount === undefined) return { problem: 'is no size such as 512KiB, 64MiB or 1GiB' };
    if (byteCount < leastBytes || byteCount > mostBytes) return { problem: `is not within ${least} to ${most}` };
    return { value: byteCount };
  });
}

/** Interface names with `*` for any run of characters, commas between. */
export function patterns(): Form<readonly string[]> {
  return form('interface names with *, comma-separated', (value) => {
    const names = value.split(',').map((name) => name.trim());
    return names.includes('') ? { problem: 'has an empty name' } : { value: names };
  });
}

/** UDP ports of tunnels, as `vxlan:4789,geneve:6081`, or `none`. */
export function tunnelPorts(): Form<readonly TunnelPort[]> {
  return form('type:port, comma-separated, or none', (value) => {
    if (value === 'none') return { value: [] };
    const parts = value.split(',').map((part) => part.trim());
    const ports = parts.map(parseTunnelPort).filter((port) => port !== undefined);
    if (ports.length < parts.length) return { problem: 'is no list of vxlan:PORT and geneve:PORT' };
    return ports.length > MAX_TUNNEL_PORTS ? { problem: `has more than ${MAX_TUNNEL_PORTS} ports` } : { value: ports };
  });
}

/** A TCP port, 0 for any free one, or `off`. */
export function portOrOff(): Form<number | 'off'> {
  const port = count(0, 65_535);
  return form<number | 'off'>('0 to 65535, or off', (value) => {
    if (value === 'off') return { value };
    const parsed = port.schema.safeParse(value);
    return parsed.success ? { value: parsed.data } : { problem: 'is neither a port (0 to 65535) nor off' };
  });
}

/** An OTLP encoding, also by the words of OTEL_EXPORTER_OTLP_PROTOCOL. */
export function otlpEncoding(): Form<'protobuf' | 'json'> {
  return form('protobuf | json', (value) => {
    const word = value.replace(/^http\//, '');
    if (word === 'protobuf' || word === 'json') return { value: word };
    return { problem: 'is neither protobuf nor json (over HTTP; podflow does not speak gRPC)' };
  });
}

/** An http or https address without query or fragment. */
export function httpUrl(): Form<string> {
  return form('http or https URL', (value) => {
    const url = URL.parse(value);
    if (url === null || !['http:', 'https:'].includes(url.protocol)) return { problem: 'is no http or https URL' };
    return url.search === '' && url.hash === '' ? { value } : { problem: 'has a query or fragment' };
  });
}

/** One IP address. */
export function ipAddress(): Form<string> {
  return form('IP address', (value) => (isIP(value) === 0 ? { problem: 'is no IP address' } : { value }));
}

/** IP addresses with commas between. */
export function ipAddresses(): Form<readonly string[]> {
  return form('IP addresses, comma-separated', (value) => {
    const addresses = value.split(',').map((address) => address.trim());
    const wrong = addresses.filter((address) => isIP(address) === 0);
    return wrong.length > 0
      ? { problem: `has ${wrong.map((address) => `"${address}"`).join(', ')}, no IP address` }
      : { value: addresses };
  });
}

/** Networks as CIDR, commas between. */
export function cidrs(): Form<readonly string[]> {
  return form('CIDRs, comma-separated', (value) => {
    const networks = value.split(',').map((network) => network.trim());
    const wrong = networks.filter((network) => !ipaddr.isValidCIDR(network));
    return wrong.length > 0
      ? { problem: `has ${wrong.map((network) => `"${network}"`).join(', ')}, no CIDR` }
      : { value: networks };
  });
}

/** http or https addresses, commas between. */
export function httpUrls(): Form<readonly string[]> {
  const { schema } = httpUrl();
  return form('http or https URLs, comma-separated', (value) => {
    const urls = value.split(',').map((url) => url.trim());
    return urls.every((url) => schema.safeParse(url).success) ? { value: urls } : { problem: 'has what is no URL' };
  });
}

/** HTTP headers as OTEL_EXPORTER_OTLP_HEADERS has them (W3C baggage without properties, values percent-encoded). */
export function headers(): Form<Readonly<Record<string, string>>> {
  return form('name=value, comma-separated', (value) => {
    const pairs = parseKeyValueList(value);
    return pairs === undefined ? { problem: 'is no list of name=value' } : { value: Object.fromEntries(pairs) };
  });
}

function parseTunnelPort(part: string): TunnelPort | undefined {
  const [, type, digits] = /^(vxlan|geneve):(\d{1,5})$/.exec(part) ?? [];
  const port = Number(digits);
  return (type === 'vxlan' || type === 'geneve') && port > 0 && port <= 65_535 ? { type, port } : undefined;
}
