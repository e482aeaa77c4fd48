import { gzipSync } from 'node:zlib';
import type { FlowRecord } from '../model/flow-record.ts';
import type { Resource } from '../model/resource.ts';
import type { BatchEncoder } from './batch-encoder.ts';
import { GZIP_OPTIONS } from './gzip-options.ts';
import { LogsRequestEncoder } from './logs-request-encoder.ts';

/** Encodes batches as protobuf requests of exactly their size in memory, compressed or not. */
export class ProtobufBatchEncoder implements BatchEncoder<Uint8Array> {
  readonly #request: LogsRequestEncoder;
  readonly #compression: 'gzip' | 'none';

  constructor(resource: Resource, scopeVersion: string, compression: 'gzip' | 'none') {
    this.#request = new LogsRequestEncoder(resource, scopeVersion);
    this.#compression = compression;
  }

  get recordCount(): number {
    return this.#request.recordCount;
  }

  get byteCount(): number {
    return this.#request.byteCount;
  }

  append(record: FlowRecord, observedNs: number): boolean {
    return this.#request.append(record, observedNs);
  }

  finish(): Uint8Array {
    const request = this.#request.finish();
    // A copy of its size: what zlib gives is a view of a whole chunk, which a waiting batch would keep alive.
    return this.#compression === 'gzip' ? new Uint8Array(gzipSync(request, GZIP_OPTIONS)) : request.slice();
  }
}
