import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubernetesWatcher } from '../../../src/k8s/watch/kubernetes-watcher.ts';
import type { WatchTiming } from '../../../src/k8s/watch/watch-timing.ts';
import { createDeadline } from '../../../src/lib/deadline.ts';
import {
  KUBERNETES_KINDS,
  type KubernetesKind,
  type KubernetesKindCounters,
} from '../../../src/model/kubernetes-counters.ts';
import type { Log } from '../../../src/model/log.ts';
import { waitFor } from '../wait-for.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { RecordingFeed } from './recording-feed.ts';
import { toKubeconfig } from './to-kubeconfig.ts';

export interface LogLine {
  readonly level: keyof Log;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface WatchRunOptions {
  readonly timing?: Partial<WatchTiming>;
  readonly pageSize?: number;
  readonly context?: string;
  /** Fields of the kubeconfig's user and cluster. */
  readonly user?: object;
  readonly cluster?: object;
}

/** A second of a real server is some ten milliseconds here. */
const QUICK_TIMING: WatchTiming = {
  backoffBaseMs: 10,
  backoffMostMs: 200,
  relistCalmMs: 1_000,
  deniedMostMs: 100,
  answerMs: 1_000,
  idleMs: 800,
  watchMs: 60_000,
  optionalGraceMs: 300,
};

/** A watcher of the stand-in with a kubeconfig of its own, and all that it told. */
export class WatchRun {
  readonly feed = new RecordingFeed();
  readonly log: LogLine[] = [];
  readonly watcher: KubernetesWatcher;
  readonly folder = mkdtempSync(join(tmpdir(), 'podflow-watch-'));
  readonly #api: KubernetesApi;

  constructor(api: KubernetesApi, options: WatchRunOptions = {}) {
    this.#api = api;
    const { timing, pageSize = 7, context, user = {}, cluster } = options;
    const kubeconfigPath = join(this.folder, 'kubeconfig');
    writeFileSync(kubeconfigPath, toKubeconfig(api.url, user, cluster ?? { 'insecure-skip-tls-verify': true }));
    this.watcher = new KubernetesWatcher({
      feed: this.feed,
      log: this.#createLog(),
      kubeconfigPath,
      context,
      pageSize,
      timing: { ...QUICK_TIMING, ...timing },
    });
  }

  /** Starts a watcher and waits for its first lists. */
  static async start(api: KubernetesApi, options: WatchRunOptions = {}): Promise<WatchRun> {
    const run = new WatchRun(api, options);
    await run.watcher.start(new AbortController().signal);
    return run;
  }

  counters(kind: KubernetesKind): KubernetesKindCounters {
    const counters = this.watcher.counters().find((each) => each.kind === kind);
    if (counters === undefined) throw new Error(`no counters of ${kind}`);
    return counters;
  }

  /** Waits until the feed holds just what the server holds. */
  async agrees(timeoutMs = 5_000, kinds: readonly KubernetesKind[] = KUBERNETES_KINDS): Promise<void> {
    const differences = (): string[] => this.feed.differences(this.#api.store, kinds);
    await waitFor('agreement', () => differences().length === 0, timeoutMs).catch((error: unknown) => {
      throw new Error(
        `${String(error)}\n${differences().slice(0, 20).join('\n')}\n${JSON.stringify(this.log.slice(-10))}`,
      );
    });
  }

  /** Waits until watches of all kinds are open. */
  async watches(kinds: readonly KubernetesKind[] = KUBERNETES_KINDS): Promise<void> {
    await waitFor('watches of all kinds', () => kinds.every((kind) => this.counters(kind).isWatching));
  }

  messages(level: LogLine['level']): string[] {
    return this.log.filter((line) => line.level === level).map(({ message }) => message);
  }

  async stop(): Promise<void> {
    await this.watcher.stop(createDeadline(1_000));
    rmSync(this.folder, { recursive: true, force: true });
  }

  #createLog(): Log {
    const write =
      (level: LogLine['level']) =>
      (fields: object, message: string): void =>
        void this.log.push({ level, fields: { ...fields }, message });
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  }
}
