import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BodyMapOutput } from '../../src/ecs/bodymap/body-map-output.ts';
import { BulkLines } from '../../src/ecs/document/bulk-lines.ts';
import { DocumentEncoder } from '../../src/ecs/document/document-encoder.ts';
import { createDeadline } from '../../src/lib/deadline.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { createBytesClient } from '../../src/otlp/create-bytes-client.ts';
import { toRelayAnswer } from '../../src/otlp/receive/otlp-relay.ts';
import { decodeLogsRequest } from '../support/otlp-decoder.ts';
import { readBodyMapDocuments, type StoredDocument } from '../support/body-map-documents.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSampleConnections } from '../support/sample-connections.ts';
import { loadableConfig } from './collector/loadable-config.ts';
import { startStandInEnrich, type StandInEnrich } from './collector/stand-in-enrich.ts';
import { COLLECTOR, startCollector, type Collector } from './collector/start-collector.ts';
import { findFreePort } from './server-process.ts';

const START_MS = 60_000;
const NAMESPACE = 'prod';

describeWithTools('documents through a real Collector', [COLLECTOR], () => {
  const stored: StoredDocument[] = [];
  let answers: number[] = [];
  let exporter: StandInEnrich;
  let collector: Collector;
  let output: BodyMapOutput;

  beforeAll(async () => {
    // Plays the Elasticsearch exporter, which is not to be had here, by its published rules.
    exporter = await startStandInEnrich((protobuf) => {
      const status = answers.shift() ?? 200;
      if (status === 200) stored.push(...readBodyMapDocuments(decodeLogsRequest(protobuf)));
      return Promise.resolve(status);
    });
    const endpoint = `127.0.0.1:${await findFreePort()}`;
    const env = { DOCUMENTS_ENDPOINT: endpoint, ELASTICSEARCH_ENDPOINT: exporter.url };
    collector = await startCollector(await loadableConfig('full-round.yaml'), env);
    const options = { endpoint: `http://${endpoint}`, compression: 'gzip', headers: {}, timeoutMs: 5_000 } as const;
    const client = await createBytesClient({ ...options, scopeVersion: '0.0.0' }, SILENT_LOG);
    output = new BodyMapOutput({
      resource: new Map([['service.name', 'podflow']]),
      scopeVersion: '0.0.0',
      namespace: NAMESPACE,
      encoder: new DocumentEncoder({ namespace: NAMESPACE }),
      send: async (body) => toRelayAnswer(await client.send(body)),
      log: SILENT_LOG,
    });
  }, START_MS);

  afterAll(async () => {
    await output?.stop(createDeadline(0));
    await collector?.stop();
    await exporter?.close();
  });

  test('arrive as they were made, with their ids and their data stream', async () => {
    const batch = createSampleConnections(1_000);
    expect(await output.deliver(batch)).toEqual({ kind: 'taken', alreadyStored: undefined });
    const lines = new BulkLines();
    new DocumentEncoder({ namespace: NAMESPACE }).encode(batch, lines);
    const byId = new Map(stored.map((each) => [each.id, each]));
    expect(byId.size).toBe(1_000);
    for (let i = 0; i < batch.length; i++) {
      const id = lines.id(i);
      const document: unknown = JSON.parse(lines.sourceText(i));
      expect(byId.get(id)).toEqual({ index: `logs-podflow.flow-${NAMESPACE}`, id, document });
    }
  });

  test('are tried again by the Collector while Elasticsearch does not take them, and answered for when it has', async () => {
    stored.length = 0;
    answers = [503, 429];
    expect(await output.deliver(createSampleConnections(10))).toMatchObject({ kind: 'taken' });
    expect(stored).toHaveLength(10);
    expect(answers).toEqual([]);
  });
});
