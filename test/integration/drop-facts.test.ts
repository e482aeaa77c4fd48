import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CapBackend } from '../../src/capture/cap/cap-backend.ts';
import { EbpfBackend } from '../../src/capture/ebpf/ebpf-backend.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import type { CaptureBackend } from '../../src/model/capture.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { toSymptoms } from '../../src/model/flow-symptom.ts';
import { ADDRESS } from '../support/drop-facts/drop-network.ts';
import { DROP_SCENARIOS, provokeAll, ROUTER_PORT } from '../support/drop-facts/drop-scenarios.ts';
import { DropStage } from '../support/drop-facts/drop-stage.ts';
import { RecordRun } from '../support/record-run.ts';
import { describeWithRights } from '../support/requirements.ts';

const HOUR_MS = 3_600_000;

const BACKENDS: Readonly<Record<string, (namespacePath: string) => CaptureBackend>> = {
  ebpf: (namespacePath) =>
    new EbpfBackend({ interfaceName: 'eth0', namespacePath, intervalMs: HOUR_MS, mapEntries: 1_024 }, SILENT_LOG),
  cap: (namespacePath) =>
    new CapBackend({ interfaceName: 'eth0', namespacePath, intervalMs: HOUR_MS, maxFlows: 1_024 }, SILENT_LOG),
};

describeWithRights('every reason and symptom that packets tell, provoked and recognised', ['iptables', 'nft'], () => {
  describe.each(Object.entries(BACKENDS))('%s', (_name, createBackend) => {
    let stage: DropStage;
    let records: readonly FlowRecord[] = [];
    /** By the router's rule, before the observation ended and after: the client repeats its SYN meanwhile. */
    let droppedAtLeast = 0;
    let droppedAtMost = 0;

    /** One interval with everything in it, seen at the client. */
    beforeAll(async () => {
      stage = await DropStage.create();
      const run = await RecordRun.start(createBackend(stage.network.client.path), HOUR_MS);
      await provokeAll(stage);
      droppedAtLeast = stage.network.countForwarded('tcp', ROUTER_PORT.dropped);
      await run.stop();
      droppedAtMost = stage.network.countForwarded('tcp', ROUTER_PORT.dropped);
      records = run.records;
    }, 30_000);

    afterAll(() => stage.close());

    function find(transport: string, address: string, port: number | undefined): FlowRecord | undefined {
      const found = records.filter(
        (one) => one.transport === transport && one.destinationAddress === address && one.destinationPort === port,
      );
      expect(found).toHaveLength(1);
      return found[0];
    }

    test.each(DROP_SCENARIOS.map((scenario) => [scenario.title, scenario] as const))('%s', (_title, scenario) => {
      const { transport, address, port, verdict, reason, symptoms = [], icmpMtuBytes } = scenario;
      const record = find(transport, address, port);
      expect({ ...record, symptoms: toSymptoms(record?.symptoms ?? 0) }).toMatchObject({
        ...{ verdict, dropReason: reason, symptoms, icmpMtuBytes },
        dropPackets: reason === undefined ? undefined : record?.packets,
        dropBytes: reason === undefined ? undefined : record?.bytes,
      });
    });

    test('SYNs are as many as the rule has dropped', () => {
      const { packets = NaN, ...record } = find('tcp', ADDRESS.server, ROUTER_PORT.dropped) ?? {};
      expect(packets).toBeGreaterThanOrEqual(droppedAtLeast);
      expect(packets).toBeLessThanOrEqual(droppedAtMost);
      expect(record).toMatchObject({ synRetries: packets - 1, connectionState: 'syn_sent' });
      expect(droppedAtLeast).toBeGreaterThan(2);
    });
  });
});
