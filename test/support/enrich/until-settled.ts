import { waitFor } from '../wait-for.ts';
import type { EnrichProcess, Metrics } from './enrich-process.ts';
import { readBalance } from './metric-sums.ts';

/**
 * Waits until a service holds nothing, and returns its metrics then. Throws where they do not explain every record that
 * came: at the receiver, and in the join.
 */
export async function untilSettled(enrich: EnrichProcess, timeoutMs: number): Promise<Metrics> {
  const isSettled = async (): Promise<Metrics | undefined> => {
    const metrics = await enrich.metrics();
    const { held, joinHeld } = readBalance(metrics);
    return held === 0 && joinHeld === 0 ? metrics : undefined;
  };
  const metrics = await waitFor('nothing to be held', isSettled, timeoutMs);
  const balance = readBalance(metrics);
  const isExplained =
    balance.received === balance.forwarded + balance.dropped &&
    balance.joinReceived === balance.joinOutcomes &&
    balance.joinReceived === balance.received;
  if (!isExplained) throw new Error(`records are not accounted for: ${JSON.stringify(balance)}`);
  return metrics;
}
