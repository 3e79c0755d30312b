// Tests the body budget: how many bytes of bodies the ingress holds at once, and for whom.
import { expect, it } from 'vitest';
import { type BodyAdmission, BodyBudget } from '../../src/api/ingress/body-budget.ts';

const MIB = 1_048_576;

let clients = 0;
const claim = (announcedBytes?: number, client = `client ${clients++}`, source = `source ${clients}`) => ({
  announcedBytes,
  client,
  source,
});
const hold = (budget: BodyBudget, bytes: number): BodyAdmission => {
  const admission = budget.enter(claim(bytes));
  if (!admission?.add(bytes)) throw new Error('the budget has no room');
  return admission;
};

it('an announcement costs nothing: only bytes that have come are counted', () => {
  const budget = new BodyBudget();
  for (let i = 0; i < 1_000; i++) expect(budget.enter(claim(16 * MIB))).toBeDefined();
});

it('64 MiB of large bodies are held; one that would not fit any more is refused until another has left', () => {
  const budget = new BodyBudget();
  const held = Array.from({ length: 4 }, () => hold(budget, 16 * MIB));
  expect(budget.enter(claim(2 * MIB))).toBeUndefined();
  held[0]?.leave();
  expect(budget.enter(claim(16 * MIB))).toBeDefined();
});

it('of bodies that come at the same time, those go on for which there is room', () => {
  const budget = new BodyBudget();
  const admitted = Array.from({ length: 5 }, () => budget.enter(claim(16 * MIB)));
  for (let i = 0; i < 12; i++) for (const one of admitted) expect(one?.add(MIB)).toBe(true);
  for (const one of admitted.slice(0, 4)) one?.add(MIB);
  expect(admitted[4]?.add(MIB)).toBe(false);
  admitted[4]?.leave();
  for (const one of admitted.slice(0, 4)) expect(one?.add(3 * MIB)).toBe(true);
});

it('256 MiB of small bodies are held beside any large bodies', () => {
  const budget = new BodyBudget();
  for (let i = 0; i < 4; i++) hold(budget, 16 * MIB);
  const admitted = Array.from({ length: 300 }, () => budget.enter(claim()));
  expect(admitted.map((one) => one?.add(MIB)).filter(Boolean)).toHaveLength(256);
  expect(admitted[299]?.add(1)).toBe(false);
  admitted[0]?.leave();
  expect(admitted[299]?.add(MIB)).toBe(true);
  expect(admitted[298]?.add(1)).toBe(false);
});

it('a body that does not tell its size counts as a large one once it is one', () => {
  const budget = new BodyBudget();
  const silent = budget.enter(claim());
  for (let i = 0; i < 16; i++) expect(silent?.add(MIB)).toBe(true);
  for (let i = 0; i < 3; i++) hold(budget, 16 * MIB);
  expect(budget.enter(claim(2 * MIB))).toBeUndefined();
  silent?.leave();
  hold(budget, 16 * MIB);
  const small = Array.from({ length: 256 }, () => hold(budget, MIB)); // and the small ones are all there
  expect(small).toHaveLength(256);
});

it.each([
  ['client', (): ReturnType<typeof claim> => claim(undefined, 'the one')],
  ['source', () => claim(undefined, undefined, 'the one')],
])('one %s holds three quarters at most: others are admitted', (_, ofTheOne) => {
  const budget = new BodyBudget();
  const held = Array.from({ length: 256 }, () => budget.enter(ofTheOne())?.add(MIB)).filter(Boolean);
  expect(held).toHaveLength(192);
  expect(budget.enter(claim())?.add(MIB)).toBe(true);
});
