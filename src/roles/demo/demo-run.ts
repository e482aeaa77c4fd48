import type { ObserverReport } from './demo-summary.ts';

/** What runs the demo's traffic: namespaces with real processes, or the recorded capture. */
export interface DemoRun {
  readonly mode: 'live' | 'replay';
  readonly metricsAddresses: readonly string[];
  /** Resolves when there is nothing more to see. */
  readonly done: Promise<void>;
  /** Ends the traffic and its observers; tells what these said. */
  stop(): Promise<readonly ObserverReport[]>;
}
