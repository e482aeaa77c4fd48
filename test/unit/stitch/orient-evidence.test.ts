import { describe, expect, test } from '@jest/globals';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import type { EndResolver, NamedService } from '../../../src/model/named-end.ts';
import { orientEvidence } from '../../../src/stitch/orient-evidence.ts';
import { createResolver } from '../../support/join-harness.ts';
import { createEvidence } from '../../support/perspective-records.ts';

const A = { sourceAddress: '10.1.0.1' };
const B = { destinationAddress: '10.1.0.2' };
const SERVICE = { serviceName: 'web' } as NamedService;

/** Services by `address:port`, dialled or behind it. */
function createServices(dialled: string | undefined, behind?: string): EndResolver {
  return {
    ...createResolver(),
    resolveService: (address, _, port) => (`${address}:${port}` === dialled ? SERVICE : undefined),
    resolveEndpointService: (address, _, port) => (`${address}:${port}` === behind ? SERVICE : undefined),
  };
}

function isSwapped(changes: Partial<FlowRecord>, resolver: EndResolver = createServices(undefined)): boolean {
  const record = createEvidence(1, { ...A, ...B, ...changes });
  const { sourcePort, destinationPort } = record;
  orientEvidence(record, resolver);
  const told = [record.sourceAddress, record.sourcePort, record.destinationAddress, record.destinationPort];
  const swapped = ['10.1.0.2', destinationPort, '10.1.0.1', sourcePort];
  if (record.sourceAddress === '10.1.0.1') expect(told).toEqual(['10.1.0.1', sourcePort, '10.1.0.2', destinationPort]);
  else expect(told).toEqual(swapped);
  return record.sourceAddress === '10.1.0.2';
}

const ANSWER = { sourcePort: 80, destinationPort: 45_000 };

describe('the client of dropped packets', () => {
  test('is who sent a SYN, or began by conntrack, whatever the ports', () => {
    expect(isSwapped({ ...ANSWER, initiator: 'syn' })).toBe(false);
    expect(isSwapped({ ...ANSWER, initiator: 'conntrack' })).toBe(false);
    expect(isSwapped({ ...ANSWER, natState: 'translated' })).toBe(false);
  });

  test('is not the Service, dialled or behind it', () => {
    const high = { sourcePort: 30_000, destinationPort: 30_001 };
    expect(isSwapped(high, createServices('10.1.0.1:30000'))).toBe(true);
    expect(isSwapped(high, createServices(undefined, '10.1.0.1:30000'))).toBe(true);
    expect(isSwapped(high, createServices('10.1.0.2:30001'))).toBe(false);
    expect(isSwapped({ sourcePort: 80, destinationPort: 50_000 }, createServices('10.1.0.2:50000'))).toBe(false);
  });

  test('has the port of the higher class where no Service decides', () => {
    expect(isSwapped(ANSWER)).toBe(true);
    expect(isSwapped(ANSWER, createServices('10.1.0.1:80', '10.1.0.2:45000'))).toBe(true);
    expect(isSwapped({ sourcePort: 45_000, destinationPort: 80 })).toBe(false);
    expect(isSwapped({ sourcePort: 8080, destinationPort: 40_000 })).toBe(true);
    expect(isSwapped({ sourcePort: 53, destinationPort: 8080 })).toBe(true);
    expect(isSwapped({ sourcePort: 40_000, destinationPort: 50_000 })).toBe(false);
  });

  test('is who sent them where there are no ports', () => {
    expect(isSwapped({ sourcePort: undefined, destinationPort: undefined })).toBe(false);
  });
});
