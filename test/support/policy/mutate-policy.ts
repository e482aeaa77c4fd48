import { pick, type Random } from './random-cluster.ts';

/** What another field could hold; the API's own words among it, so that wrong places get right words. */
const VALUES: readonly unknown[] = [
  null, true, 0, -1, 80, 65_536, 1e300, '', 'a', 'TCP', 'ICMP', 'Ingress', 'In', 'Exists', '10.0.0.0/8', '10.0.0.0/99',
  '::/0', '010.1.0.0/16', '__proto__', 'constructor', [], {}, [null], [{}], { port: 80 }, { podSelector: {} },
  { matchLabels: null }, { ipBlock: { cidr: 5 } }, '\ud800',
]; // prettier-ignore

/** A policy of which a few fields anywhere below `spec` were replaced or taken out; a half stays as it is. */
export function mutatePolicy(policy: object, random: Random): object {
  for (let changes = pick([0, 0, 0, 1, 2, 3], random); changes > 0; changes--) {
    const places: [Record<string, unknown>, string][] = [];
    collect((policy as { spec?: unknown }).spec, places);
    const place = places[random(places.length)];
    if (place === undefined) break;
    const [parent, key] = place;
    if (random(8) === 0) delete parent[key];
    else parent[key] = structuredClone(pick(VALUES, random));
  }
  return JSON.parse(JSON.stringify(policy)) as object;
}

function collect(value: unknown, places: [Record<string, unknown>, string][]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    places.push([value as Record<string, unknown>, key]);
    collect(part, places);
  }
}
