import { fork } from 'node:child_process';
import { once } from 'node:events';

const SCRIPT = new URL('../../bench/enrich/bulk-sink-process.ts', import.meta.url);

export interface BulkSink {
  readonly url: string;
  /** Documents that it took. */
  countDocuments(): Promise<number>;
  stop(): void;
}

/** The bench's stand-in for Elasticsearch, which takes everything at once, in a process of its own. */
export async function startBulkSink(): Promise<BulkSink> {
  const child = fork(SCRIPT, { stdio: 'inherit', execArgv: [] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    url: `http://127.0.0.1:${port}`,
    countDocuments: async () => {
      const answer = once(child, 'message');
      child.send('tell');
      return ((await answer) as [{ documents: number }])[0].documents;
    },
    stop: () => {
      if (child.connected) child.disconnect();
    },
  };
}
