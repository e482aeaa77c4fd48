import { describe, expect, test } from '@jest/globals';
import { AggregatedPoints } from '../../../src/capture/aggregated-points.ts';
import { MetTunnel } from '../../../src/capture/met-tunnel.ts';
import { TunnelPoints } from '../../../src/capture/tunnel-points.ts';
import { POINT_IS_TUNNEL } from '../../../src/model/flow-delta.ts';
import type { ObservationPoint, Tunnel } from '../../../src/model/observation-point.ts';

const TUNNEL: Tunnel = { type: 'geneve', id: 5, address0: '192.0.2.1', address1: '2001:db8::1' };

function carrier(interfaceName: string): ObservationPoint {
  return { interfaceName, side: 'pod', podUid: undefined, tunnel: undefined };
}

describe('TunnelPoints', () => {
  test('names the interface that carries a tunnel, and the tunnel; other points as they are', () => {
    const met = new MetTunnel(7, TUNNEL);
    const points = new TunnelPoints(
      (number) => (number === 3 ? met : undefined),
      (point) => carrier(`if${point}`),
    );
    expect(points.resolve(12)).toEqual(carrier('if12'));
    expect(points.resolve(POINT_IS_TUNNEL + 3)).toEqual({ ...carrier('if7'), tunnel: TUNNEL });
    expect([points.carrierOf(12), points.carrierOf(POINT_IS_TUNNEL + 3)]).toEqual([12, 7]);
  });

  test('makes nothing anew for each record, unless more was learnt of the interface', () => {
    const met = new MetTunnel(7, TUNNEL);
    let eth0 = carrier('eth0');
    const points = new TunnelPoints(
      () => met,
      () => eth0,
    );
    const first = points.resolve(POINT_IS_TUNNEL + 1);
    expect(points.resolve(POINT_IS_TUNNEL + 1)).toBe(first);
    eth0 = { ...eth0, podUid: 'known now' };
    expect(points.resolve(POINT_IS_TUNNEL + 1)).toEqual({ ...eth0, tunnel: TUNNEL });
  });

  test('a tunnel that is not known any more leaves the one interface there is', () => {
    const points = new TunnelPoints(
      () => undefined,
      (point) => carrier(`if${point}`),
    );
    expect(points.resolve(POINT_IS_TUNNEL + 9)).toEqual(carrier('if0'));
    expect(points.carrierOf(0xffff_ffff)).toBe(0);
  });
});

describe('AggregatedPoints', () => {
  test('numbers of a further aggregator begin behind those that were given', () => {
    const points = new AggregatedPoints('eth0');
    expect(points.nextNumber).toBe(1);
    points.addTunnel(1, TUNNEL);
    points.addTunnel(2, { ...TUNNEL, id: 6 });
    expect(points.nextNumber).toBe(3);
    expect(points.resolve(0)).toEqual(carrier('eth0'));
    expect(points.resolve(POINT_IS_TUNNEL + 2).tunnel?.id).toBe(6);
  });

  test('keeps what two full aggregators met, and forgets the oldest beyond', () => {
    const points = new AggregatedPoints('eth0');
    for (let number = 1; number <= 32_769; number++) points.addTunnel(number, { ...TUNNEL, id: number });
    expect(points.resolve(POINT_IS_TUNNEL + 1).tunnel).toBeUndefined();
    expect([2, 32_769].map((number) => points.resolve(POINT_IS_TUNNEL + number).tunnel?.id)).toEqual([2, 32_769]);
  });
});
