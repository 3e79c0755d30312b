// Tests the body budget: how many bytes of bodies the ingress holds at once.
import { expect, it } from 'vitest';
import { BodyBudget } from '../../src/api/ingress/body-budget.ts';

const MIB = 1_048_576;

it('64 MiB of large bodies are admitted; a body over that is refused until another body has left', () => {
  const budget = new BodyBudget();
  const admitted = Array.from({ length: 4 }, () => budget.enter(16 * MIB));
  expect(budget.enter(2 * MIB)).toBeUndefined();
  admitted[0]?.leave();
  expect(budget.enter(16 * MIB)).toBeDefined();
  expect(budget.enter(2 * MIB)).toBeUndefined();
});

it('256 MiB of small bodies are admitted beside any large bodies, counted byte by byte as they arrive', () => {
  const budget = new BodyBudget();
  for (let i = 0; i < 4; i++) budget.enter(16 * MIB);
  const admitted = Array.from({ length: 300 }, () => budget.enter(MIB));
  expect(admitted.map((hold) => hold?.add(MIB)).filter(Boolean)).toHaveLength(256);
  expect(admitted[299]?.add(1)).toBe(false);
  admitted[0]?.leave();
  expect(admitted[299]?.add(MIB)).toBe(true);
  expect(admitted[298]?.add(1)).toBe(false);
});
