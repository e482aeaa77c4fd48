/**
 * The stages of the enrichment service one after the other, in a process of their own: started with the name of the last
 * one that runs, answers each message with the CPU time of a record up to there.
 */
import { BulkLines } from '../../../src/ecs/document/bulk-lines.ts';
import { DocumentEncoder } from '../../../src/ecs/document/document-encoder.ts';
import { readObjectsFile } from '../../../src/k8s/objects-file.ts';
import type { ConnectionOutput, ConnectionSink } from '../../../src/model/connection-output.ts';
import { LogsDecoder } from '../../../src/otlp/receive/logs-decoder.ts';
import type { LogsRequest } from '../../../src/otlp/receive/logs-request.ts';
import { ConnectionCounters } from '../../../src/prometheus/connection/connection-counters.ts';
import { ConnectionJoin } from '../../../src/stitch/connection-join.ts';
import { encodeFlows, expectRequest } from '../../support/otlp-requests.ts';
import { createBenchRecord } from './bench-records.ts';

export const STAGES = ['decode', 'names', 'join', 'metrics', 'documents'] as const;
export type StageName = (typeof STAGES)[number];

const REQUEST_RECORDS = 1_000;
const CONNECTIONS = 20_000;
const PASSES = 4;
const INTERVAL_NS = 10_000_000_000;

const [, , last = 'decode', objectsPath = ''] = process.argv;
const reaches = (stage: StageName): boolean => STAGES.indexOf(stage) <= STAGES.indexOf(last as StageName);

const { index } = await readObjectsFile({ path: objectsPath });
const decoder = new LogsDecoder();
const bodies = createBodies();
let interval = Math.floor((Date.now() * 1e6) / INTERVAL_NS);
const join = createJoin();
join.start();

function createBodies(): Buffer[] {
  const requests: Buffer[] = [];
  for (let at = 0; at < CONNECTIONS; at += REQUEST_RECORDS)
    for (const side of ['client', 'server'] as const)
      requests.push(
        encodeFlows(
          'protobuf',
          Array.from({ length: REQUEST_RECORDS }, (_, i) => createBenchRecord(at + i, side, INTERVAL_NS)),
        ),
      );
  return requests;
}

function createJoin(): ConnectionJoin {
  const sinks: ConnectionSink[] = reaches('metrics') ? [new ConnectionCounters()] : [];
  return new ConnectionJoin({ resolver: index, outputs: reaches('documents') ? [createOutput()] : [], sinks });
}

/** Documents are made and thrown away. */
function createOutput(): ConnectionOutput {
  const encoder = new DocumentEncoder();
  const lines = new BulkLines();
  return {
    name: 'nowhere',
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    deliver: (batch) => {
      encoder.encode(batch, lines);
      lines.clear();
      return Promise.resolve({ kind: 'taken', alreadyStored: undefined });
    },
  };
}

async function takeRequest(body: Buffer): Promise<void> {
  const request = expectRequest(await decoder.decode('protobuf', body));
  for (const flow of request.flows) flow.intervalEndNs = interval * INTERVAL_NS;
  if (reaches('join')) await join.join(request.flows, request.resources);
  else if (reaches('names')) nameAll(request);
  decoder.release(request);
}

function nameAll({ flows }: LogsRequest): void {
  for (const flow of flows) {
    const timeMs = flow.startNs / 1e6;
    index.resolveEnd(flow.sourceAddress, flow.protocolNumber, flow.sourcePort, timeMs);
    index.resolveEnd(flow.destinationAddress, flow.protocolNumber, flow.destinationPort, timeMs);
  }
}

async function measure(): Promise<number> {
  const before = process.cpuUsage();
  for (let pass = 0; pass < PASSES; pass++) {
    interval++;
    // The client's request waits for the server's, as in the service.
    for (let i = 0; i < bodies.length; i += 2)
      await Promise.all([takeRequest(bodies[i]!), takeRequest(bodies[i + 1]!)]);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (PASSES * bodies.length * REQUEST_RECORDS);
}

process.on('message', () => void measure().then((cpuUs) => process.send?.(cpuUs)));
process.on('disconnect', () => process.exit(0));
// An interrupt from the terminal reaches the bench too, which ends this process when it is done with it.
process.on('SIGINT', () => undefined);
process.send?.('ready');
