import { writeFileSync } from 'node:fs';
import { toSettingsDoc } from './settings-doc.ts';

/** `node src/config/write-settings-doc.ts` writes settings.md beside itself; a test keeps it fresh. */
writeFileSync(new URL('settings.md', import.meta.url), toSettingsDoc());
