import type { Log } from '../../model/log.ts';
import type { AutonomousSystem, GeoPlace } from '../../model/named-end.ts';
import { GenerationCache } from '../generation-cache.ts';
import { DatabaseFile } from './database-file.ts';
import { toAutonomousSystem, toGeoPlace } from './geo-record.ts';
import { toPublicAddress } from './to-public-address.ts';

/** What is known of where an address is. */
export interface GeoDescription {
  readonly place: GeoPlace | undefined;
  readonly autonomousSystem: AutonomousSystem | undefined;
}

export interface GeoOptions {
  /** Path of a City, Enterprise or Country database (.mmdb); undefined: places are not told. */
  readonly cityPath: string | undefined;
  /** Path of an ASN or ISP database; undefined: autonomous systems are not told. */
  readonly asnPath: string | undefined;
  /** How often the files are looked at for a change; 60,000 unless told, at least 100. */
  readonly refreshEveryMs?: number;
  readonly log: Log;
  /** Called after a database was replaced: what was described before may be told otherwise now. */
  readonly onChange?: () => void;
}

const REFRESH_EVERY_MS = 60_000;
const LEAST_REFRESH_MS = 100;
/** Addresses whose descriptions are kept, in each of two generations. */
const KEPT_ADDRESSES = 8192;
const NOTHING: GeoDescription = { place: undefined, autonomousSystem: undefined };

/**
 * Where external addresses are and who announces them, from MaxMind databases on disk (which are held in memory whole:
 * GeoLite2-City takes about 60 MB). Addresses that are not public are never looked up.
 */
export class GeoDatabases {
  readonly #options: GeoOptions;
  readonly #city: DatabaseFile | undefined;
  readonly #asn: DatabaseFile | undefined;
  #descriptions = this.#createCache();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: GeoOptions) {
    const { cityPath, asnPath, log } = options;
    this.#options = options;
    this.#city = cityPath === undefined ? undefined : new DatabaseFile(cityPath, log);
    this.#asn = asnPath === undefined ? undefined : new DatabaseFile(asnPath, log);
  }

  /** Reads the databases. Throws GEO_DATABASE_UNREADABLE; later changes that cannot be read are only logged. */
  async start(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#city?.open(), this.#asn?.open()]);
    if (signal.aborted || (this.#city === undefined && this.#asn === undefined)) return;
    const everyMs = Math.max(LEAST_REFRESH_MS, this.#options.refreshEveryMs ?? REFRESH_EVERY_MS);
    this.#timer = setInterval(() => void this.refresh(), everyMs).unref();
    signal.addEventListener('abort', () => this.stop(), { once: true });
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Looks at the files now. Never rejects. */
  async refresh(): Promise<void> {
    const changes = await Promise.all([this.#city?.refresh(), this.#asn?.refresh()]);
    if (!changes.includes(true)) return;
    this.#descriptions = this.#createCache();
    this.#options.onChange?.();
  }

  /** The same object for the same address as long as the databases and memory last. Never throws. */
  describe(address: string): GeoDescription {
    return this.#descriptions.get(address);
  }

  #createCache(): GenerationCache<string, GeoDescription> {
    return new GenerationCache(KEPT_ADDRESSES, (address) => this.#lookUp(address));
  }

  #lookUp(address: string): GeoDescription {
    const publicAddress = toPublicAddress(address);
    if (publicAddress === undefined) return NOTHING;
    const place = toGeoPlace(this.#city?.find(publicAddress));
    const autonomousSystem = toAutonomousSystem(this.#asn?.find(publicAddress));
    return place === undefined && autonomousSystem === undefined ? NOTHING : { place, autonomousSystem };
  }
}
