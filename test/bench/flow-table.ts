import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FlowTable } from '../../src/flow/flow-table.ts';
import {
  type FlowDeltaBatch,
  KEY_BYTES,
  KEY_TAIL,
  SEEN,
  SIDE,
  SIDE_BYTES,
  TAIL,
  TCP_FLAG,
  VALUE_BYTES,
} from '../../src/model/flow-delta.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { atMost } from './support/goal.ts';
import { readMachine } from './support/machine.ts';
import { parseProcessMemory } from './support/proc-memory.ts';
import { toSpread } from './support/spread.ts';

/**
 * Cost of the flow table at 100,000 TCP flows, each of a client address of its own: time for a delta and a record,
 * memory, and how long a report holds up the event loop. Deltas come in random order, as out of a hash map.
 * `node test/bench/flow-table.ts` prints one JSON document.
 */
const FLOWS = 100_000;
const BATCH = 2_048;
const ROUNDS = 9;
const INTERVAL_NS = 10e9;
const START_NS = 1_700_000_000e9;

type Family = FlowDeltaBatch['family'];

interface Round {
  readonly applyUs: number;
  readonly recordUs: number;
  readonly blockMs: number;
}

/** Deltas of all flows in random order: a data segment and its acknowledgement, in the first round a handshake too. */
function buildBatches(family: Family): FlowDeltaBatch[] {
  const order = toShuffled(FLOWS);
  const batches: FlowDeltaBatch[] = [];
  for (let from = 0; from < FLOWS; from += BATCH) {
    const count = Math.min(BATCH, FLOWS - from);
    const keys = new Uint8Array(count * KEY_BYTES[family]);
    const values = new Uint8Array(count * VALUE_BYTES);
    for (let i = 0; i < count; i++) {
      writeKey(new DataView(keys.buffer, i * KEY_BYTES[family], KEY_BYTES[family]), family, order[from + i] ?? 0);
      writeValue(new DataView(values.buffer, i * VALUE_BYTES, VALUE_BYTES));
    }
    batches.push({ family, count, keys, values, clockOffsetNs: START_NS });
  }
  return batches;
}

function toShuffled(count: number): Uint32Array {
  const random = seededRandom(1);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const other = random(i + 1);
    [order[i], order[other]] = [order[other] ?? 0, order[i] ?? 0];
  }
  return order;
}

function writeKey(key: DataView, family: Family, flow: number): void {
  const sideBytes = KEY_TAIL[family] / 2;
  key.setUint8(0, 10);
  key.setUint32(sideBytes - 4, 0x0a00_0000 + flow);
  key.setUint8(sideBytes, 11);
  key.setUint32(2 * sideBytes - 4, 0x0b00_0001);
  key.setUint16(KEY_TAIL[family] + TAIL.port0, 40_000, true);
  key.setUint16(KEY_TAIL[family] + TAIL.port1, 443, true);
  key.setUint8(KEY_TAIL[family] + TAIL.protocol, 6);
}

function writeValue(value: DataView): void {
  for (const side of [0, 1]) {
    const at = side * SIDE_BYTES;
    value.setUint32(at + SIDE.bytes, 1_500, true);
    value.setUint32(at + SIDE.activeKns, 1_000, true);
    value.setUint32(at + SIDE.frames, 3, true);
    value.setUint32(at + SIDE.ackDelayKns, 100, true);
    value.setUint8(at + SIDE.tcpFlags, TCP_FLAG.ack | TCP_FLAG.psh);
    value.setUint8(at + SIDE.seen, SEEN.sequence | (side === 0 ? SEEN.outgoing : SEEN.incoming));
  }
}

/** Moves the deltas to a round's interval; the first one opens the connections. */
function setTimes(batches: readonly FlowDeltaBatch[], round: number): void {
  const firstNs = BigInt(round) * BigInt(INTERVAL_NS) + 1_000_000_000n;
  for (const { values, count } of batches) {
    const view = new DataView(values.buffer);
    for (let at = 0; at < count * VALUE_BYTES; at += SIDE_BYTES) view.setBigUint64(at + SIDE.firstNs, firstNs, true);
  }
}

async function runRound(table: FlowTable, batches: readonly FlowDeltaBatch[], round: number): Promise<Round> {
  setTimes(batches, round);
  const applyStart = performance.now();
  for (const batch of batches) table.apply(batch);
  const applyUs = ((performance.now() - applyStart) * 1e3) / FLOWS;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await setImmediate();
  const told = table.counters().reportedFrames;
  const cpuStart = process.cpuUsage();
  await table.report(START_NS + round * INTERVAL_NS, START_NS + (round + 1) * INTERVAL_NS);
  const cpu = process.cpuUsage(cpuStart);
  delay.disable();
  if (table.counters().reportedFrames - told !== 6 * FLOWS) throw new Error('the report is not whole');
  return { applyUs, recordUs: (cpu.user + cpu.system) / FLOWS, blockMs: delay.max / 1e6 - 1 };
}

function createTable(): FlowTable {
  let sum = 0;
  return new FlowTable({
    intervalMs: INTERVAL_NS / 1e6,
    idleTimeoutMs: 15_000,
    activeTimeoutMs: 1_800_000,
    maxFlows: 262_144,
    interfaceName: 'eth0',
    ownAddresses: [],
    flowIdPrefix: 'k3v9x2',
    observerSide: 'pod',
    emit: (records) => {
      for (const record of records) sum += record.packets + record.flowId.length;
    },
  });
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function anonymousMib(): number {
  collectGarbage();
  collectGarbage();
  return parseProcessMemory(readFileSync('/proc/self/status', 'utf8')).anonymous / 2 ** 20;
}

/** The first round opens the flows and makes their texts; memory is read after the second. */
async function measure(family: Family): Promise<{ first: Round; rest: Round[]; mib: number }> {
  const batches = buildBatches(family);
  const beforeMib = anonymousMib();
  const table = createTable();
  const first = await runRound(table, batches, 0);
  const rest = [await runRound(table, batches, 1)];
  const mib = anonymousMib() - beforeMib;
  for (let round = 2; round < ROUNDS; round++) rest.push(await runRound(table, batches, round));
  return { first, rest, mib };
}

// Memory is read in the first run, before the heap has free room from others; times in the second, compiled code.
const coldMib = (await measure('ipv4')).mib;
const ipv4 = await measure('ipv4');
const ipv6 = await measure('ipv6');

function toFigures({ first, rest }: Awaited<ReturnType<typeof measure>>): object {
  return {
    openMicros: first.applyUs,
    firstRecordMicros: first.recordUs,
    applyMicros: toSpread(rest.map((round) => round.applyUs)),
    recordMicros: toSpread(rest.map((round) => round.recordUs)),
    longestBlockMs: toSpread([first, ...rest].map((round) => round.blockMs)),
  };
}

const bothMicros = toSpread(ipv4.rest.map((round) => round.applyUs + round.recordUs)).median;
const report = {
  name: 'flow-table',
  machine: readMachine(),
  figures: { flows: FLOWS, tableMib: coldMib, ipv4: toFigures(ipv4), ipv6: toFigures(ipv6) },
  goals: {
    applyAndRecordMicros: atMost(0.6, bothMicros),
    tableMib: atMost(35, coldMib),
    longestBlockMs: atMost(10, Math.max(...[ipv4.first, ...ipv4.rest].map((round) => round.blockMs))),
  },
};
process.stdout.write(`${JSON.stringify(report)}\n`);
