import { expect, test } from '@jest/globals';
import { GonePods } from '../../../src/prometheus/connection/gone-pods.ts';

test('pods are due after the delay, in the order in which they went, each once', () => {
  const gone = new GonePods(100);
  gone.add('a', 0);
  gone.add('b', 50);
  expect(gone.isDue(99)).toBe(false);
  expect(gone.isDue(100)).toBe(true);
  expect([...gone.takeDue(149)]).toEqual(['a']);
  expect([...gone.takeDue(149)]).toEqual([]);
  expect([...gone.takeDue(150)]).toEqual(['b']);
  expect(gone.isDue(1e9)).toBe(false);
});

test('a pod that went once more is due by its last time', () => {
  const gone = new GonePods(100);
  gone.add('a', 0);
  gone.add('b', 10);
  gone.add('a', 50);
  expect([...gone.takeDue(120)]).toEqual(['b']);
  expect([...gone.takeDue(150)]).toEqual(['a']);
});

test('as many are remembered as there is room for, the last ones', () => {
  const gone = new GonePods(100);
  for (let i = 0; i < 100_000; i++) gone.add(`pod-${i}`, i);
  const due = gone.takeDue(1e9);
  expect(due.size).toBe(65_536);
  expect(due.has('pod-99999')).toBe(true);
  expect(due.has('pod-0')).toBe(false);
});
