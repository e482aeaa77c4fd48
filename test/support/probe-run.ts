import { RoleRun } from './role-run.ts';
import { waitFor } from './wait-for.ts';

/** A real `podflow probe` process. */
export class ProbeRun extends RoleRun {
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    super('probe', args, env);
  }

  async untilCapturing(): Promise<void> {
    const isCapturing = (): boolean => this.stderr.includes('"capturing"') || this.child.exitCode !== null;
    await waitFor('the probe to capture', isCapturing, 15_000);
  }

  /** Base URL of its own HTTP server, from the log. */
  get metricsUrl(): string {
    return /"url":"([^"]+\/metrics)"/.exec(this.stderr)?.[1] ?? '';
  }
}
