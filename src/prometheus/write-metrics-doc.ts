import { writeFileSync } from 'node:fs';
import { toMetricsDoc } from './metrics-doc.ts';

/** `node src/prometheus/write-metrics-doc.ts` writes metrics.md beside itself; a test keeps it fresh. */
writeFileSync(new URL('metrics.md', import.meta.url), toMetricsDoc());
