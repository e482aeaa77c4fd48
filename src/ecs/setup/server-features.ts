/** What a server's version has of what the templates use. */
export interface ServerFeatures {
  /** `index.mode: logsdb`, 8.17: a third of the disk space. */
  readonly hasLogsdb: boolean;
  /** `data_stream_options.failure_store`, 8.19 and 9.1: what does not fit the mapping is kept aside. */
  readonly hasFailureStore: boolean;
  /** `template.lifecycle`, 8.14: retention by the data stream itself. */
  readonly hasRetention: boolean;
  /** `_rollover?lazy`, 8.14. */
  readonly hasLazyRollover: boolean;
}

/** Reads `version.number` of `GET /`. */
export function toServerFeatures(version: string): ServerFeatures {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isFrom = (from8: number, from9: number): boolean =>
    major > 9 || (major === 9 ? minor >= from9 : major === 8 && minor >= from8);
  return {
    hasLogsdb: isFrom(17, 0),
    hasFailureStore: isFrom(19, 1),
    hasRetention: isFrom(14, 0),
    hasLazyRollover: isFrom(14, 0),
  };
}
