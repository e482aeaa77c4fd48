import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import {
  BodyMapOutput,
  type BodyMapAnswer,
  type BodyMapOutputOptions,
} from '../../../../src/ecs/bodymap/body-map-output.ts';
import { BulkLines } from '../../../../src/ecs/document/bulk-lines.ts';
import { DocumentEncoder } from '../../../../src/ecs/document/document-encoder.ts';
import { createDeadline } from '../../../../src/lib/deadline.ts';
import { SILENT_LOG } from '../../../../src/lib/log.ts';
import { toTraceIdHex } from '../../../../src/lib/trace-id.ts';
import type { Connection } from '../../../../src/model/connection.ts';
import { toPlainJson, toPlainMap } from '../../../support/body-map-documents.ts';
import { decodeLogsRequest, type AnyValue, type KeyValue, type LogsRequest } from '../../../support/otlp-decoder.ts';
import { createSampleConnections } from '../../../support/sample-connections.ts';

const TAKEN: BodyMapAnswer = { kind: 'taken', rejectedRecords: 0, message: '' };
const LATER: BodyMapAnswer = { kind: 'later', status: 429, retryAfterMs: undefined, message: 'full' };
const NAMESPACE = 'prod';

function create(
  answer: (index: number) => BodyMapAnswer | Promise<BodyMapAnswer>,
  changes: Partial<BodyMapOutputOptions> = {},
): { output: BodyMapOutput; requests: LogsRequest[]; byteCounts: number[] } {
  const requests: LogsRequest[] = [];
  const byteCounts: number[] = [];
  const output = new BodyMapOutput({
    resource: new Map([['service.name', 'podflow']]),
    scopeVersion: '1.2.3',
    namespace: NAMESPACE,
    encoder: new DocumentEncoder({ namespace: NAMESPACE }),
    backoff: { baseMs: 10, maxMs: 20, maxRetryAfterMs: 60_000 },
    log: SILENT_LOG,
    send: async (body) => {
      requests.push(decodeLogsRequest(body));
      byteCounts.push(body.length);
      return answer(requests.length - 1);
    },
    ...changes,
  });
  return { output, requests, byteCounts };
}

const toScopes = (requests: readonly LogsRequest[]) =>
  requests.flatMap(({ resourceLogs }) => resourceLogs?.flatMap(({ scopeLogs }) => scopeLogs ?? []) ?? []);
const toRecords = (requests: readonly LogsRequest[]) =>
  toScopes(requests).flatMap(({ logRecords }) => logRecords ?? []);

function toDocuments(batch: readonly Connection[]): { id: string; document: unknown }[] {
  const lines = new BulkLines();
  new DocumentEncoder({ namespace: NAMESPACE }).encode(batch, lines);
  return batch.map((_, i) => ({ id: lines.id(i), document: JSON.parse(lines.sourceText(i)) as unknown }));
}

describe('a record of the body map', () => {
  test('has the document as its body, and says where it belongs', async () => {
    const { output, requests } = create(() => TAKEN);
    const batch = createSampleConnections(100);
    await output.deliver(batch);
    const records = toRecords(requests).map((record) => record as typeof record & { body: AnyValue });
    const expected = toDocuments(batch);
    expect(records).toHaveLength(100);
    records.forEach((record, i) => {
      const { id, document } = expected[i]!;
      expect(toPlainJson(record.body)).toEqual(document);
      expect(toPlainMap(record.attributes)).toEqual({
        'elasticsearch.document_id': id,
        'data_stream.type': 'logs',
        'data_stream.dataset': 'podflow.flow',
        'data_stream.namespace': NAMESPACE,
      });
      const connection = batch[i]!;
      expect(record.traceId).toBe(toTraceIdHex(connection.joinId));
      expect(record.eventName).toBe('network.flow');
      expect(Math.round(Number(record.timeUnixNano) / 1e6)).toBe(Math.round(connection.record.intervalEndNs / 1e6));
      expect(record.severityNumber).toBe(['dropped', 'rejected'].includes(connection.verdict) ? 13 : 9);
    });
  });

  test('stands in a scope that asks for it to be taken as it is', async () => {
    const { output, requests } = create(() => TAKEN);
    await output.deliver(createSampleConnections(1));
    const scope = toScopes(requests)[0]?.scope as { name: string; version: string; attributes: KeyValue[] };
    expect(scope).toMatchObject({ name: 'podflow', version: '1.2.3' });
    expect(toPlainMap(scope.attributes)).toEqual({ 'elastic.mapping.mode': 'bodymap' });
    expect(toPlainMap(requests[0]?.resourceLogs?.[0]?.resource?.attributes)).toEqual({ 'service.name': 'podflow' });
  });
});

describe('BodyMapOutput', () => {
  test('cuts a batch into requests of bounded size', async () => {
    const { output, requests, byteCounts } = create(() => TAKEN, { maxBodyBytes: 20_000 });
    const batch = createSampleConnections(100);
    expect(await output.deliver(batch)).toEqual({ kind: 'taken', alreadyStored: undefined });
    expect(requests.length).toBeGreaterThan(5);
    expect(Math.max(...byteCounts)).toBeLessThan(25_000);
    const ids = toRecords(requests).map(({ attributes }) => toPlainMap(attributes)['elasticsearch.document_id']);
    expect(ids).toEqual(toDocuments(batch).map(({ id }) => id));
    expect(output.counters()).toMatchObject({ sentRecords: 100, rejectedRecords: 0, inFlightRequests: 0 });
  });

  test('sends again what was not taken for now', async () => {
    const { output, requests } = create((index) => (index < 2 ? LATER : TAKEN));
    expect(await output.deliver(createSampleConnections(3))).toEqual({ kind: 'taken', alreadyStored: undefined });
    expect(requests).toHaveLength(3);
    expect(requests[2]).toEqual(requests[0]);
    expect(output.counters()).toMatchObject({ repeatedRequests: 2, requestsByOutcome: { taken: 1, later: 2 } });
  });

  test('sends the batch back when its time is over', async () => {
    const { output } = create(() => LATER, { timeoutMs: 50 });
    expect(await output.deliver(createSampleConnections(3))).toEqual(LATER);
    expect(output.counters()).toMatchObject({ postponedBatches: 1, sentRecords: 0 });
  });

  test('gives up what is refused for good, counted and logged once', async () => {
    const warnings: object[] = [];
    const log = { ...SILENT_LOG, warn: (fields: object) => warnings.push(fields) };
    const answers: BodyMapAnswer[] = [
      { kind: 'refused', message: 'no' },
      { kind: 'taken', rejectedRecords: 2, message: 'two of them' },
    ];
    const { output } = create((index) => answers[index]!, { log });
    expect(await output.deliver(createSampleConnections(3))).toMatchObject({ kind: 'taken' });
    expect(await output.deliver(createSampleConnections(3))).toMatchObject({ kind: 'taken' });
    expect(output.counters()).toMatchObject({ sentRecords: 1, rejectedRecords: 5 });
    expect(warnings).toEqual([{ records: 3, message: 'no' }]);
  });

  test('is stopped within the deadline, and sends back what comes later', async () => {
    const { output } = create(() => delay(50, TAKEN));
    const held = output.deliver(createSampleConnections(1));
    await output.stop(createDeadline(5_000));
    expect(await held).toMatchObject({ kind: 'taken' });
    expect(await output.deliver(createSampleConnections(1))).toMatchObject({ kind: 'later', status: 503 });
    await output.stop(createDeadline(0));
  });

  test('has so many requests under way at most', async () => {
    let atOnce = 0;
    let most = 0;
    const send = async (): Promise<BodyMapAnswer> => {
      most = Math.max(most, ++atOnce);
      await delay(5);
      atOnce--;
      return TAKEN;
    };
    const { output } = create(() => TAKEN, { send, maxBodyBytes: 5_000, maxInFlight: 3 });
    await output.deliver(createSampleConnections(60));
    expect(most).toBe(3);
  });
});
