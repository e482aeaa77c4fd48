import { ENRICH_SETTINGS } from './enrich-settings.ts';
import { EVIDENCE_SETTINGS } from './evidence-settings.ts';
import { ELASTICSEARCH_SETTINGS } from './elasticsearch-settings.ts';
import { EXPLAIN_SETTINGS } from './explain-settings.ts';
import { NODE_SETTINGS } from './node-settings.ts';
import { OBSERVING_SETTINGS } from './observing-settings.ts';
import { OUTPUT_SETTINGS } from './output-settings.ts';
import { PROCESS_SETTINGS } from './process-settings.ts';
import { SETUP_SETTINGS } from './setup-settings.ts';

/**
 * Every setting, once. Flags, `PODFLOW_*` names, validation, `podflow settings`, `--help` and settings.md come from
 * this list; a role gets those of its own as `SettingsOf<'probe'>`.
 */
export const SETTINGS = {
  ...OBSERVING_SETTINGS,
  ...NODE_SETTINGS,
  ...ENRICH_SETTINGS,
  ...EVIDENCE_SETTINGS,
  ...ELASTICSEARCH_SETTINGS,
  ...SETUP_SETTINGS,
  ...EXPLAIN_SETTINGS,
  ...OUTPUT_SETTINGS,
  ...PROCESS_SETTINGS,
} as const;
