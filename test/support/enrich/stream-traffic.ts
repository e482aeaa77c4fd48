import { setTimeout as delay } from 'node:timers/promises';
import type { FlowTraffic, TrafficSlice } from './flow-traffic.ts';

export interface StreamOptions {
  readonly traffic: FlowTraffic;
  readonly recordsPerSecond: number;
  readonly seconds: number;
  /** Hands a side's request to whoever sends it. */
  readonly send: (side: keyof TrafficSlice, body: Buffer) => void;
  /** Draws an integer from 0 to below its limit. */
  readonly random: (limit: number) => number;
  /** Checked at each step: the stream ends early when it says so. */
  readonly isOver?: () => boolean;
}

const STEP_MS = 100;
/** Records of a connection: nine in ten are told by both sides. */
const RECORDS_PER_CONNECTION = 1.9;
/** The other side's request comes up to so many steps later. */
const MOST_STEPS_LATER = 5;

/** Sends records at a steady pace, those of both sides in requests that come up to 400 ms apart. */
export async function streamTraffic(options: StreamOptions): Promise<void> {
  const { traffic, recordsPerSecond, seconds, send, random, isOver = () => false } = options;
  const connections = Math.round((recordsPerSecond * STEP_MS) / 1_000 / RECORDS_PER_CONNECTION);
  const steps = Math.round((seconds * 1_000) / STEP_MS);
  const late: Buffer[][] = Array.from({ length: MOST_STEPS_LATER }, () => []);
  const startMs = performance.now();
  for (let step = 0; step < steps && !isOver(); step++) {
    const { client, server } = traffic.next(connections);
    send('client', client);
    late[(step + random(MOST_STEPS_LATER)) % MOST_STEPS_LATER]?.push(server);
    for (const body of late[step % MOST_STEPS_LATER]?.splice(0) ?? []) send('server', body);
    await delay(Math.max(0, startMs + (step + 1) * STEP_MS - performance.now()));
  }
  for (const body of late.flat()) send('server', body);
}
