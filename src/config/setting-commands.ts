/** The commands that take a setting, by the names that the lists of settings use. */
export const ALL = ['probe', 'node', 'replay', 'demo', 'settings'] as const;
export const ROLES = ['probe', 'node', 'replay', 'demo'] as const;
export const LIVE = ['probe', 'node', 'demo'] as const;
export const CHOOSING = ['probe', 'demo'] as const;
export const RECORDS = ['probe', 'replay'] as const;
export const PROBE = ['probe'] as const;
export const NODE = ['node'] as const;
export const DEMO = ['demo'] as const;
export const DECAPSULATING = ['probe', 'node', 'replay'] as const;
