/**
 * Entry of the capture process. It lives and dies with the podflow process that started it; signals to the process
 * group are for that one to answer.
 */
import { writeFileSync } from 'node:fs';
import type { CaptureRequest } from './cap-messages.ts';
import { CaptureWorker } from './capture-worker.ts';

// The package ends this process by abort() when the interface goes down: no memory in a core file (core(5)).
writeFileSync('/proc/self/coredump_filter', '0');
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit());

const worker = new CaptureWorker((report) => process.send?.(report));
process.on('message', (request: CaptureRequest) => worker.handle(request));
worker.load();
