/**
 * One way to read OTLP requests, in a process of its own, as it is in production: neither code nor garbage of the other
 * ways disturbs it. Started with the name of the way; answers each message with a measurement.
 */
import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { LogsDecoder } from '../../../src/otlp/receive/logs-decoder.ts';
import type { LogsRequest, OtlpEncoding } from '../../../src/otlp/receive/logs-request.ts';
import { decodeLogsRequest, decodeRaw } from '../../support/otlp-decoder.ts';
import { encodeContent, encodeFlows, expectRequest } from '../../support/otlp-requests.ts';
import { createSampleRecords } from '../../support/otlp-sample-records.ts';

export interface DecodeMeasurement {
  /** Of one core's CPU time, garbage collection included. */
  readonly recordsPerCpuSecond?: number;
  readonly recordBytes?: number;
  /** How long the event loop was held up at most. */
  readonly longestBlockMs?: number;
  readonly requestMib?: number;
}

/** The attributes of a measured record: what nearly every flow has. */
const ATTRIBUTES = new Set(
  `flow.id flow.event flow.start flow.end flow.community_id flow.direction flow.initiator source.address source.port
  destination.address destination.port network.transport network.type network.interface.name flow.bytes.delta
  flow.packets.delta flow.reverse.bytes.delta flow.reverse.packets.delta flow.verdict flow.sampling.rate`.split(/\s+/),
);
const REQUEST_RECORDS = 1_000;
/** Different flows, more than any cache holds, as a busy node has them. */
const REQUESTS = 20;
const PASSES = 5;
/** Of some 920 bytes. */
const LARGE_RECORDS = 72_000;
const MIB = 1024 * 1024;

const decoder = new LogsDecoder();

/** Works on one request. */
type Way = (body: Buffer) => Promise<void> | void;

const WAYS: Readonly<Record<string, () => () => Promise<DecodeMeasurement>>> = {
  decode: () =>
    repeat(
      'protobuf',
      decodeAs('protobuf', () => undefined),
    ),
  decodeTranslateRewrite: () => repeat('protobuf', decodeAs('protobuf', rewrite)),
  protobufjsDecode: () => repeat('protobuf', (body) => assert.ok(decodeRaw(body).resourceLogs)),
  jsonDecode: () =>
    repeat(
      'json',
      decodeAs('json', () => undefined),
    ),
  jsonDecodeTranslateRewrite: () => repeat('json', decodeAs('json', rewrite)),
  largeRequest: measureLargeRequest,
};

function decodeAs(encoding: OtlpEncoding, use: (request: LogsRequest) => Promise<unknown> | void): Way {
  return async (body) => {
    const request = expectRequest(await decoder.decode(encoding, body));
    await use(request);
    decoder.release(request);
  };
}

function rewrite(request: LogsRequest): Promise<unknown> {
  translate(request.flows);
  return request.rewrite();
}

/** Sets what the node sets of a flow to a Service. */
function translate(flows: LogsRequest['flows']): void {
  for (const flow of flows) {
    flow.natState = 'translated';
    flow.natSourceAddress = flow.sourceAddress;
    flow.natSourcePort = flow.sourcePort;
    flow.natDestinationAddress = '10.244.9.12';
    flow.natDestinationPort = 8080;
    flow.natCommunityId = '1:LQU9qZlK+B5F3KDmev6m5PMibrg=';
  }
}

function repeat(encoding: OtlpEncoding, way: Way): () => Promise<DecodeMeasurement> {
  const bodies = createBodies(encoding);
  const recordBytes = (bodies[0]?.length ?? NaN) / REQUEST_RECORDS;
  return async () => {
    const before = process.cpuUsage();
    for (let pass = 0; pass < PASSES; pass++) for (const body of bodies) await way(body);
    const { user, system } = process.cpuUsage(before);
    const records = PASSES * bodies.length * REQUEST_RECORDS;
    return { recordsPerCpuSecond: Math.round(records / ((user + system) / 1e6)), recordBytes };
  };
}

/** One request near the size limit is decoded, changed and rewritten. */
function measureLargeRequest(): () => Promise<DecodeMeasurement> {
  const body = encodeFlows('protobuf', createSampleRecords(LARGE_RECORDS));
  return async () => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const request = expectRequest(await decoder.decode('protobuf', body));
    translate(request.flows.slice(0, REQUEST_RECORDS));
    await request.rewrite();
    delay.disable();
    decoder.release(request);
    return { longestBlockMs: delay.max / 1e6, requestMib: Math.round(body.length / MIB) };
  };
}

function createBodies(encoding: OtlpEncoding): Buffer[] {
  const records = createSampleRecords(REQUESTS * REQUEST_RECORDS);
  return Array.from({ length: REQUESTS }, (_, i) => {
    const content = decodeLogsRequest(
      encodeFlows('protobuf', records.slice(i * REQUEST_RECORDS, (i + 1) * REQUEST_RECORDS)),
    );
    for (const { scopeLogs = [] } of content.resourceLogs ?? [])
      for (const { logRecords = [] } of scopeLogs)
        for (const record of logRecords)
          record.attributes = record.attributes?.filter(({ key }) => ATTRIBUTES.has(key)) ?? [];
    return encodeContent(encoding, content);
  });
}

const [, , name = ''] = process.argv;
const measure = WAYS[name]?.();
process.on('disconnect', () => process.exit(0));
// An interrupt from the terminal reaches the bench too, which ends this process when it is done with it.
process.on('SIGINT', () => undefined);
if (measure !== undefined) process.on('message', () => void measure().then((result) => process.send?.(result)));
process.send?.(Object.keys(WAYS));
