import { writeFileSync } from 'node:fs';
import { toFieldsDoc } from './fields-doc.ts';

/** `node src/ecs/document/write-fields-doc.ts` writes fields.md beside itself; a test keeps it fresh. */
writeFileSync(new URL('fields.md', import.meta.url), toFieldsDoc());
