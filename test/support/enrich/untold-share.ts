import type { Metrics } from './enrich-process.ts';
import { sumTold, type ToldConnection } from './flow-traffic.ts';
import { countBegun, readPairSums } from './metric-sums.ts';

/** What several lives of a service told of all that was sent. */
export interface UntoldShare {
  /** Above 0: counted twice. */
  readonly bytesAbove: number;
  readonly packetsAbove: number;
  /** Connections that no life told of, as its last scrape says. */
  readonly connections: number;
  readonly bytesShare: number;
}

/**
 * Compares the counters of lives that were ended by force, each scraped just before, with what was told. A life that
 * ends so takes along what it counted after the scrape; and what was stored without it knowing is counted by nobody.
 */
export function toUntoldShare(lives: readonly Metrics[], truth: ReadonlyMap<string, ToldConnection>): UntoldShare {
  const told = sumTold(truth.values());
  const counted = sumTold(lives.map((metrics) => readPairSums(metrics, 'podflow_pod_flow')));
  const begun = lives.reduce((sum, metrics) => sum + countBegun(metrics), 0);
  const aboveOf = (...keys: readonly (keyof ToldConnection)[]): number =>
    Math.max(0, ...keys.map((key) => counted[key] - told[key]));
  return {
    bytesAbove: aboveOf('bytes', 'reverseBytes'),
    packetsAbove: aboveOf('packets', 'reversePackets'),
    connections: truth.size - begun,
    bytesShare: (told.bytes - counted.bytes) / told.bytes,
  };
}

export function describeUntold({ connections, bytesShare }: UntoldShare, kills: number, all: number): string {
  const percent = (bytesShare * 100).toFixed(2);
  return `killed ${kills} times: ${connections} of ${all} connections (${percent} % of the bytes) untold by counters`;
}
