/**
 * Pairs of `key=value,key=value` with percent-encoded values, as OTEL_RESOURCE_ATTRIBUTES and
 * OTEL_EXPORTER_OTLP_HEADERS hold them (OpenTelemetry specification, resource SDK and W3C baggage); undefined where
 * any part of the text is wrong, since the specification then has the whole value discarded.
 */
export function parseKeyValueList(text: string): [key: string, value: string][] | undefined {
  const pairs: [string, string][] = [];
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const separator = part.indexOf('=');
    const key = decode(part.slice(0, separator).trim());
    const value = decode(part.slice(separator + 1).trim());
    if (separator < 1 || key === undefined || key === '' || value === undefined) return undefined;
    pairs.push([key, value]);
  }
  return pairs;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
