import { writeFileSync } from 'node:fs';
import { toRecordDoc } from './record-doc.ts';

/** `node src/config/write-record-doc.ts` writes src/model/record.md; a test keeps it fresh. */
writeFileSync(new URL('../model/record.md', import.meta.url), toRecordDoc());
