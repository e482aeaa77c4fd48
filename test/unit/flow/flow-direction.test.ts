import { describe, expect, test } from '@jest/globals';
import { SEEN } from '../../../src/model/flow-delta.ts';
import type { FlowTableOptions } from '../../../src/flow/flow-table.ts';
import type { ObservationPoint } from '../../../src/model/observation-point.ts';
import { FlowTableHarness } from '../../support/flow-table-harness.ts';
import { sent } from '../../support/tcp-deltas.ts';

const { outgoing, incoming } = SEEN;

const hostEnd: ObservationPoint = { interfaceName: 'veth1', side: 'host', podUid: undefined, tunnel: undefined };
const AT_HOST = { resolvePoint: () => hostEnd };

async function direct(
  clientSeen: number | undefined,
  serverSeen: number | undefined,
  options: Partial<FlowTableOptions> = {},
): Promise<string | undefined> {
  const harness = new FlowTableHarness(options);
  harness.apply({
    protocol: 17,
    a: 'fd00::9',
    aPort: 50_000,
    b: 'fd00::2',
    bPort: 53,
    ...(clientSeen === undefined ? {} : { fromA: sent(1, 1, { seen: clientSeen }) }),
    ...(serverSeen === undefined ? {} : { fromB: sent(2, 2, { seen: serverSeen }) }),
  });
  return (await harness.report(10))[0]?.direction;
}

describe('direction of the initiator', () => {
  test('by the way its frames pass the interface', async () => {
    expect(await direct(outgoing, incoming)).toBe('egress');
    expect(await direct(incoming, outgoing)).toBe('ingress');
  });

  test("is the other way round at the host's end of a veth", async () => {
    expect(await direct(outgoing, incoming, AT_HOST)).toBe('ingress');
    expect(await direct(incoming, outgoing, AT_HOST)).toBe('egress');
  });

  test("else by the other side's frames", async () => {
    expect(await direct(undefined, incoming)).toBe('egress');
    expect(await direct(undefined, outgoing)).toBe('ingress');
    expect(await direct(undefined, outgoing, AT_HOST)).toBe('egress');
  });

  test('else by own addresses, however they are written', async () => {
    expect(await direct(0, 0, { ownAddresses: ['FD00:0:0::0009'] })).toBe('egress');
    expect(await direct(0, 0, { ownAddresses: ['10.0.0.1', 'fd00::2'] })).toBe('ingress');
    expect(await direct(0, 0, { ownAddresses: ['fd00::2', 'fd00::9'] })).toBe('unknown');
    expect(await direct(0, 0, { ownAddresses: ['no address'] })).toBe('unknown');
  });

  test('frames that pass both ways (loopback) tell nothing', async () => {
    expect(await direct(outgoing | incoming, outgoing | incoming)).toBe('unknown');
    expect(await direct(outgoing | incoming, 0, { ownAddresses: ['fd00::9'] })).toBe('egress');
  });
});
