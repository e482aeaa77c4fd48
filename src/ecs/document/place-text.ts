import type { AutonomousSystem, GeoPlace } from '../../model/named-end.ts';
import { joinMembers, toObjectMember, toTextMembers } from './json-members.ts';
import { toJsonText } from './json-text.ts';

/** ECS `geo` and `as` of an end, as members; empty where neither is known. */
export function toPlaceMembers(place: GeoPlace | undefined, system: AutonomousSystem | undefined): string {
  return joinMembers(place === undefined ? '' : toGeo(place), system === undefined ? '' : toSystem(system));
}

function toGeo(place: GeoPlace): string {
  const names = toTextMembers({
    continent_code: place.continentCode,
    continent_name: place.continentName,
    country_iso_code: place.countryIsoCode,
    country_name: place.countryName,
    region_iso_code: place.regionIsoCode,
    region_name: place.regionName,
    city_name: place.cityName,
    postal_code: place.postalCode,
    timezone: place.timezone,
  });
  return toObjectMember('geo', joinMembers(names, toLocation(place)));
}

/** A `geo_point`; one that is none would have the whole document refused. */
function toLocation({ latitude, longitude }: GeoPlace): string {
  if (latitude === undefined || longitude === undefined) return '';
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return '';
  return `"location":{"lat":${latitude},"lon":${longitude}}`;
}

function toSystem({ number, organizationName }: AutonomousSystem): string {
  const organization = organizationName === undefined ? '' : `"organization":{"name":${toJsonText(organizationName)}}`;
  return toObjectMember('as', joinMembers(`"number":${number}`, organization));
}
