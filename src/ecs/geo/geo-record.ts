import type { AutonomousSystem, GeoPlace } from '../../model/named-end.ts';

/**
 * The place that a record of a City, Enterprise or Country database tells (https://dev.maxmind.com/geoip/docs/databases);
 * undefined where it tells no country, place or coordinates. Whatever does not have the type it should have is left out.
 */
export function toGeoPlace(record: unknown): GeoPlace | undefined {
  const continent = readObject(record, 'continent');
  const country = readObject(record, 'country') ?? readObject(record, 'registered_country');
  const region = readFirst(record, 'subdivisions');
  const location = readObject(record, 'location');
  const countryIsoCode = readText(country, 'iso_code');
  const regionCode = readText(region, 'iso_code');
  const place: GeoPlace = {
    continentCode: readText(continent, 'code'),
    continentName: readName(continent),
    countryIsoCode,
    countryName: readName(country),
    regionIsoCode: countryIsoCode && regionCode && `${countryIsoCode}-${regionCode}`,
    regionName: readName(region),
    cityName: readName(readObject(record, 'city')),
    postalCode: readText(readObject(record, 'postal'), 'code'),
    timezone: readText(location, 'time_zone'),
    latitude: readNumber(location, 'latitude'),
    longitude: readNumber(location, 'longitude'),
  };
  return Object.values(place).some((value) => value !== undefined) ? place : undefined;
}

/** The autonomous system that a record of an ASN or ISP database tells. */
export function toAutonomousSystem(record: unknown): AutonomousSystem | undefined {
  const number = readNumber(record, 'autonomous_system_number');
  if (number === undefined) return undefined;
  return { number, organizationName: readText(record, 'autonomous_system_organization') };
}

function read(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function readObject(value: unknown, name: string): object | undefined {
  const member = read(value, name);
  return typeof member === 'object' && member !== null ? member : undefined;
}

/** The first, which is the largest, of several (subdivisions: `England`, not `Westminster`). */
function readFirst(value: unknown, name: string): unknown {
  const list = read(value, name);
  return Array.isArray(list) ? list[0] : undefined;
}

function readName(value: unknown): string | undefined {
  return readText(read(value, 'names'), 'en');
}

function readText(value: unknown, name: string): string | undefined {
  const member = read(value, name);
  return typeof member === 'string' && member !== '' ? member : undefined;
}

function readNumber(value: unknown, name: string): number | undefined {
  const member = read(value, name);
  return typeof member === 'number' && Number.isFinite(member) ? member : undefined;
}
