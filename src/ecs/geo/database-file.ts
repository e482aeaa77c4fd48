import type { Log } from '../../model/log.ts';
import { openDatabase, readStamp, type GeoReader } from './open-database.ts';

/** A MaxMind database on disk, and what its file became since. */
export class DatabaseFile {
  readonly #path: string;
  readonly #log: Log;
  #reader: GeoReader | undefined;
  #stamp = '';

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  /** Throws GEO_DATABASE_UNREADABLE. */
  async open(): Promise<void> {
    this.#stamp = await readStamp(this.#path);
    this.#use(await openDatabase(this.#path));
  }

  /**
   * Opens the file anew if it has changed; true when there is a new database. What cannot be read is logged once for
   * each state of the file, and the old database stays.
   */
  async refresh(): Promise<boolean> {
    const stamp = await readStamp(this.#path);
    if (stamp === this.#stamp) return false;
    this.#stamp = stamp;
    try {
      this.#use(await openDatabase(this.#path));
      return true;
    } catch (error) {
      this.#log.warn({ path: this.#path, err: error }, 'GeoIP database changed and cannot be read: the old one stays');
      return false;
    }
  }

  /** The record of an address; undefined where there is none, or where the database is damaged. */
  find(address: string): unknown {
    const reader = this.#reader;
    const isOtherFamily = reader?.metadata.ipVersion === 4 && address.includes(':');
    if (reader === undefined || isOtherFamily) return undefined;
    try {
      return reader.get(address) ?? undefined;
    } catch {
      return undefined;
    }
  }

  #use(reader: GeoReader): void {
    this.#reader = reader;
    const { databaseType, buildEpoch } = reader.metadata;
    this.#log.info({ path: this.#path, databaseType, buildEpoch }, 'GeoIP database in use');
  }
}
