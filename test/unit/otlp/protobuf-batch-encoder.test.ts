import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { ProtobufBatchEncoder } from '../../../src/otlp/protobuf-batch-encoder.ts';
import { decodeLogsRequest } from '../../support/otlp-decoder.ts';
import { createSampleRecords, SAMPLE_TIME_NS } from '../../support/otlp-sample-records.ts';

function encode(compression: 'gzip' | 'none', count: number): Uint8Array[] {
  const encoder = new ProtobufBatchEncoder(new Map([['service.name', 'podflow']]), '1.2.3', compression);
  return [0, 1].map(() => {
    for (const record of createSampleRecords(count)) encoder.append(record, SAMPLE_TIME_NS);
    expect(encoder.recordCount).toBe(count);
    return encoder.finish();
  });
}

describe.each(['gzip', 'none'] as const)('a batch, compression %s', (compression) => {
  test.each([1, 2000])('of %i records stays as it is when the next is encoded', (count) => {
    for (const payload of encode(compression, count)) {
      const request = decodeLogsRequest(compression === 'gzip' ? gunzipSync(payload) : payload);
      expect(request.resourceLogs?.[0]?.scopeLogs?.[0]?.logRecords).toHaveLength(count);
    }
  });

  test('waits in memory of its own size', () => {
    for (const { buffer, byteLength } of encode(compression, 3)) expect(buffer.byteLength).toBe(byteLength);
  });
});
