/** The commands that take a setting, by the names that the lists of settings use. */
export const ALL = ['probe', 'node', 'enrich', 'replay', 'evidence', 'demo', 'explain', 'settings', 'setup'] as const;
export const RUNS = ['probe', 'node', 'enrich', 'replay', 'evidence', 'demo'] as const;
export const LOGGING = ['probe', 'node', 'enrich', 'replay', 'evidence', 'demo', 'explain', 'setup'] as const;
export const SERVING = ['probe', 'node', 'enrich', 'demo'] as const;
/** Those that make flow records of packets. */
export const OBSERVING = ['probe', 'node', 'replay', 'demo'] as const;
/** Those that make flow records of anything. */
export const RECORDING = ['probe', 'node', 'replay', 'evidence', 'demo'] as const;
export const LIVE = ['probe', 'node', 'demo'] as const;
export const CHOOSING = ['probe', 'demo'] as const;
export const RECORDS = ['probe', 'replay'] as const;
export const RECEIVING = ['node', 'enrich'] as const;
export const PROBE = ['probe'] as const;
export const NODE = ['node'] as const;
export const ENRICH = ['enrich'] as const;
/** Those that run the enrichment service. */
export const SERVICE = ['enrich', 'demo'] as const;
/** Those that are told names. */
export const NAMING = ['enrich', 'replay', 'explain'] as const;
/** Those that ask the Kubernetes API. */
export const WATCHING = ['enrich', 'explain'] as const;
/** Those that make connections of records. */
export const JOINING = ['enrich', 'replay', 'demo'] as const;
export const ELASTIC = ['enrich', 'setup', 'demo'] as const;
export const SETUP = ['setup'] as const;
export const EXPLAIN = ['explain'] as const;
export const DEMO = ['demo'] as const;
export const DECAPSULATING = ['probe', 'node', 'replay'] as const;
export const EVIDENCE = ['evidence'] as const;
