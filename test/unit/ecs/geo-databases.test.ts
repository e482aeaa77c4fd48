import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { GeoDatabases, type GeoOptions } from '../../../src/ecs/geo/geo-databases.ts';
import type { Log } from '../../../src/model/log.ts';
import { writeMmdb, type MmdbValue } from '../../support/mmdb-writer.ts';

const LONDON: MmdbValue = {
  city: { geoname_id: 2_643_743, names: { en: 'London', de: 'London' } },
  continent: { code: 'EU', names: { en: 'Europe' } },
  country: { iso_code: 'GB', names: { en: 'United Kingdom' } },
  location: { latitude: 51.5142, longitude: -0.0931, time_zone: 'Europe/London', accuracy_radius: 10 },
  postal: { code: 'EC2V' },
  subdivisions: [
    { iso_code: 'ENG', names: { en: 'England' } },
    { iso_code: 'WSM', names: { en: 'Westminster' } },
  ],
};
const CITIES = { '81.2.69.0/24': LONDON, '2a02:cf40::/29': { country: { iso_code: 'NO', names: { en: 'Norway' } } } };
const SYSTEMS = {
  '81.2.69.0/24': { autonomous_system_number: 20_712, autonomous_system_organization: 'Andrews & Arnold Ltd' },
  '1.1.1.0/24': { autonomous_system_number: 13_335 },
};

let folder: string;
let cityPath: string;
let asnPath: string;
let said: string[];
let opened: GeoDatabases[];

const log: Log = {
  debug: () => undefined,
  info: (_fields, message) => void said.push(`info ${message}`),
  warn: (_fields, message) => void said.push(`warn ${message}`),
  error: (_fields, message) => void said.push(`error ${message}`),
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podflow-geo-'));
  cityPath = join(folder, 'city.mmdb');
  asnPath = join(folder, 'asn.mmdb');
  writeFileSync(cityPath, writeMmdb('Test-City', CITIES));
  writeFileSync(asnPath, writeMmdb('Test-ASN', SYSTEMS));
  said = [];
  opened = [];
});

afterEach(() => {
  for (const databases of opened) databases.stop();
  rmSync(folder, { recursive: true });
});

async function open(changes: Partial<GeoOptions> = {}): Promise<GeoDatabases> {
  const databases = new GeoDatabases({ cityPath, asnPath, log, ...changes });
  opened.push(databases);
  await databases.start(new AbortController().signal);
  return databases;
}

describe('describe', () => {
  test('tells place and autonomous system of a public address', async () => {
    expect((await open()).describe('81.2.69.160')).toEqual({
      place: {
        continentCode: 'EU',
        continentName: 'Europe',
        countryIsoCode: 'GB',
        countryName: 'United Kingdom',
        regionIsoCode: 'GB-ENG',
        regionName: 'England',
        cityName: 'London',
        postalCode: 'EC2V',
        timezone: 'Europe/London',
        latitude: 51.5142,
        longitude: -0.0931,
      },
      autonomousSystem: { number: 20_712, organizationName: 'Andrews & Arnold Ltd' },
    });
  });

  test('tells what each database knows, and the same object again', async () => {
    const databases = await open();
    expect(databases.describe('2a02:cf40::1').place).toMatchObject({ countryIsoCode: 'NO', cityName: undefined });
    expect(databases.describe('2a02:cf40::1').autonomousSystem).toBeUndefined();
    expect(databases.describe('1.1.1.1')).toEqual({
      place: undefined,
      autonomousSystem: { number: 13_335, organizationName: undefined },
    });
    expect(databases.describe('1.1.1.1')).toBe(databases.describe('1.1.1.1'));
  });

  test('knows an IPv4-mapped address as IPv4', async () => {
    expect((await open()).describe('::ffff:81.2.69.160').place?.cityName).toBe('London');
  });

  test.each([
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '127.0.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '0.0.0.0',
    'fd00::1',
    'fe80::1',
    'fe80::1%eth0',
    '::1',
    '::',
    'ff02::1',
    '::ffff:10.0.0.1',
    '81.2.69',
    'not an address',
    '',
  ])('never looks up %s', async (address) => {
    writeFileSync(cityPath, writeMmdb('Test-City', { '0.0.0.0/1': LONDON, '128.0.0.0/1': LONDON, '8000::/1': LONDON }));
    const databases = await open({ asnPath: undefined });
    expect(databases.describe('81.2.69.160').place?.cityName).toBe('London');
    expect(databases.describe(address)).toEqual({ place: undefined, autonomousSystem: undefined });
  });

  test('tells nothing where there is no database', async () => {
    const databases = await open({ cityPath: undefined, asnPath: undefined });
    expect(databases.describe('81.2.69.160')).toEqual({ place: undefined, autonomousSystem: undefined });
  });

  test('leaves out what has another type than it should', async () => {
    const odd: MmdbValue = {
      country: { iso_code: 7, names: ['x'] },
      location: { latitude: 'north' },
      subdivisions: {},
    };
    writeFileSync(cityPath, writeMmdb('Test-City', { '81.2.69.0/24': odd }));
    expect((await open({ asnPath: undefined })).describe('81.2.69.160').place).toBeUndefined();
  });
});

describe('a database that cannot be used', () => {
  const whole = writeMmdb('Test-City', CITIES);
  test.each<[string, Buffer | undefined, RegExp]>([
    ['missing', undefined, /ENOENT/],
    ['empty', Buffer.alloc(0), /no MaxMind database/],
    ['text', Buffer.from('not a database\n'.repeat(1000)), /no MaxMind database/],
    ['packed', gzipSync(whole), /gzip/],
    ['cut at its beginning', whole.subarray(whole.length - 250), /search tree/],
  ])('%s: is refused at the start', async (_, bytes, reason) => {
    rmSync(cityPath);
    if (bytes !== undefined) writeFileSync(cityPath, bytes);
    const refused = await open().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'GEO_DATABASE_UNREADABLE', exitCode: 2 });
    expect((refused as Error).message).toMatch(reason);
    expect((refused as Error).message).toContain(cityPath);
  });

  test('damaged within, it tells nothing and throws nothing', async () => {
    const bytes = Buffer.from(whole);
    const dataStart = bytes.indexOf('names') - 40;
    bytes.fill(0xff, dataStart, dataStart + 200);
    writeFileSync(cityPath, bytes);
    expect((await open({ asnPath: undefined })).describe('81.2.69.160').place).toBeUndefined();
  });
});

describe('a file that changes', () => {
  function replace(bytes: Buffer | string): void {
    writeFileSync(`${cityPath}.new`, bytes);
    renameSync(`${cityPath}.new`, cityPath);
  }

  test('is read again, and its change is told', async () => {
    let changes = 0;
    const databases = await open({ onChange: () => changes++ });
    const before = databases.describe('81.2.69.160');
    await databases.refresh();
    expect([databases.describe('81.2.69.160') === before, changes]).toEqual([true, 0]);
    replace(writeMmdb('Test-City', { '81.2.69.0/24': { city: { names: { en: 'Leeds' } } } }));
    await databases.refresh();
    expect(databases.describe('81.2.69.160').place?.cityName).toBe('Leeds');
    expect(databases.describe('81.2.69.160').autonomousSystem?.number).toBe(20_712);
    expect(changes).toBe(1);
  });

  test('and cannot be read: the old one stays, and it is said once', async () => {
    const databases = await open();
    said.length = 0;
    replace('half written');
    await databases.refresh();
    await databases.refresh();
    rmSync(cityPath);
    await databases.refresh();
    expect(databases.describe('81.2.69.160').place?.cityName).toBe('London');
    expect(said).toEqual(Array.from({ length: 2 }, () => expect.stringMatching(/^warn .*the old one stays/)));
    replace(writeMmdb('Test-City', CITIES));
    await databases.refresh();
    expect(said.at(-1)).toMatch(/^info /);
  });

  test('is found by itself', async () => {
    let told = (): void => undefined;
    const changed = new Promise<void>((resolve) => (told = resolve));
    const databases = await open({ refreshEveryMs: 100, onChange: () => told() });
    replace(writeMmdb('Test-City', { '81.2.69.0/24': { city: { names: { en: 'York' } } } }));
    utimesSync(cityPath, 1, 1);
    await changed;
    expect(databases.describe('81.2.69.160').place?.cityName).toBe('York');
  });
});
