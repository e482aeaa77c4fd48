import { createFlowRecord } from '../../src/lib/create-flow-record.ts';
import { OtlpJsonEncoder } from '../../src/lib/otlp-json.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { LogsRequestEncoder } from '../../src/otlp/logs-request-encoder.ts';
import { LogsDecoder, type DecodeOutcome } from '../../src/otlp/receive/logs-decoder.ts';
import type { LogsRequest, OtlpEncoding } from '../../src/otlp/receive/logs-request.ts';
import { decodeLogsRequest, encodeProtobuf, type LogRecord } from './otlp-decoder.ts';
import { SAMPLE_TIME_NS } from './otlp-sample-records.ts';

export const ENCODINGS: readonly OtlpEncoding[] = ['protobuf', 'json'];
export const SAMPLE_RESOURCE = new Map([
  ['service.name', 'podflow'],
  ['k8s.pod.name', 'web-0'],
]);

/** A request as a probe makes it. */
export function encodeFlows(encoding: OtlpEncoding, records: readonly FlowRecord[]): Buffer {
  if (encoding === 'json')
    return Buffer.from(new OtlpJsonEncoder(SAMPLE_RESOURCE, '1').encode(records, SAMPLE_TIME_NS));
  const encoder = new LogsRequestEncoder(SAMPLE_RESOURCE, '1');
  for (const record of records) encoder.append(record, SAMPLE_TIME_NS);
  return Buffer.from(encoder.finish());
}

/** A request in the shape of OTLP/JSON as bytes of either encoding; protobuf by protobufjs. */
export function encodeContent(encoding: OtlpEncoding, content: object): Buffer {
  return Buffer.from(
    encoding === 'json' ? JSON.stringify(content) : encodeProtobuf('ExportLogsServiceRequest', content),
  );
}

/** The request in the shape of OTLP/JSON, read by code that is not under test. */
export function decodeContent(encoding: OtlpEncoding, bytes: Uint8Array): ReturnType<typeof decodeLogsRequest> {
  return encoding === 'json' ? (JSON.parse(Buffer.from(bytes).toString('utf8')) as object) : decodeLogsRequest(bytes);
}

/** Wraps log records into a request of one resource and scope. */
export function toContent(...logRecords: readonly LogRecord[]): object {
  return { resourceLogs: [{ scopeLogs: [{ logRecords }] }] };
}

/** Decodes what must be a request. */
export async function decodeRequest(
  encoding: OtlpEncoding,
  bytes: Buffer,
  decoder = new LogsDecoder(),
): Promise<LogsRequest> {
  return expectRequest(await decoder.decode(encoding, bytes));
}

export function expectRequest(outcome: DecodeOutcome): LogsRequest {
  if (outcome.kind !== 'request') throw new Error(JSON.stringify(outcome));
  return outcome.request;
}

/** A record with a value of its own in every field, within what each may hold. */
export function createFullRecord(): FlowRecord {
  return {
    ...createFlowRecord(),
    flowId: 'f-ä1',
    sequence: 3,
    event: 'end',
    endReason: 'idle_timeout',
    intervalEndNs: SAMPLE_TIME_NS,
    startNs: SAMPLE_TIME_NS - 5e9,
    endNs: SAMPLE_TIME_NS - 1e9,
    communityId: '1:LQU9qZlK+B5F3KDmev6m5PMibrg=',
    direction: 'egress',
    initiator: 'syn',
    sourceAddress: '10.1.0.1',
    sourcePort: 40_000,
    destinationAddress: 'fd00::1',
    destinationPort: 0,
    transport: 'tcp',
    networkType: 'ipv6',
    protocolNumber: 6,
    interfaceName: 'eth0',
    connectionState: 'time_wait',
    bytes: 2 ** 40 + 1,
    packets: 127,
    reverseBytes: 128,
    reversePackets: 16_384,
    tcpFlags: 27,
    reverseTcpFlags: 18,
    retransmits: 1,
    reverseRetransmits: 2,
    synRetries: 3,
    handshakeNs: 1_000_000,
    rttNs: 2_000_000,
    icmpType: 8,
    icmpCode: 255,
    icmpMtuBytes: 1_280,
    symptoms: 0b1_0101,
    verdict: 'rejected',
    dropReason: 'admin_prohibited',
    dropDetail: 'a word of its own',
    dropPackets: 4,
    dropBytes: 300,
    evidence: 'vpc_flow_log',
    samplingRate: 10,
    natState: 'translated',
    natSourceAddress: '10.2.0.1',
    natSourcePort: 50_000,
    natDestinationAddress: '10.3.0.1',
    natDestinationPort: 8080,
    natCommunityId: '1:X0snYXpgwiv9TZtqg64sgzUn6Dk=',
    natOriginalSourceAddress: '10.4.0.1',
    natOriginalSourcePort: 1,
    natOriginalDestinationAddress: '10.5.0.1',
    natOriginalDestinationPort: 65_535,
    tunnelType: 'vxlan',
    tunnelId: 0xff_ffff,
    tunnelSourceAddress: '192.0.2.1',
    tunnelDestinationAddress: '192.0.2.2',
    podUid: '275ecb36-5aa8-4c2a-9c47-d8bb681b9aff',
  };
}
