import { describe, expect, test } from '@jest/globals';
import { RequestGate } from '../../../../src/ecs/elasticsearch/request-gate.ts';

describe('RequestGate', () => {
  test('lets so many in, and the others in their order', async () => {
    const gate = new RequestGate(2);
    expect([await gate.enter(0), await gate.enter(0)]).toEqual([true, true]);
    const order: string[] = [];
    const third = gate.enter(1_000).then((isIn) => order.push(`third ${isIn}`));
    const fourth = gate.enter(1_000).then((isIn) => order.push(`fourth ${isIn}`));
    gate.leave();
    gate.leave();
    await Promise.all([third, fourth]);
    expect(order).toEqual(['third true', 'fourth true']);
  });

  test('turns away whose time is over, who then takes nobody’s turn', async () => {
    const gate = new RequestGate(1);
    await gate.enter(0);
    const late = gate.enter(10);
    const patient = gate.enter(1_000);
    expect(await late).toBe(false);
    gate.leave();
    expect(await patient).toBe(true);
    gate.leave();
    expect(await gate.enter(0)).toBe(true);
  });

  test('turns away all who wait when it is cleared', async () => {
    const gate = new RequestGate(1);
    await gate.enter(0);
    const waiting = [gate.enter(1_000), gate.enter(1_000)];
    gate.clear();
    expect(await Promise.all(waiting)).toEqual([false, false]);
  });
});
