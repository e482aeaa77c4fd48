/** What a request may hold; one that holds more is refused. */
export interface DecodeLimits {
  /** Log records of a request, default 131,072. */
  readonly requestRecords: number;
  /** Attributes of a log record, default 256. */
  readonly recordAttributes: number;
  /** Bytes of a log record, a scope or a resource, default 1 MiB: it is read without a pause. */
  readonly valueBytes: number;
}

export const DEFAULT_LIMITS: DecodeLimits = {
  requestRecords: 131_072,
  recordAttributes: 256,
  valueBytes: 1024 * 1024,
};

/** Resources, scopes and unknown fields for each record that a request may have. */
export const FIELDS_PER_RECORD = 4;
