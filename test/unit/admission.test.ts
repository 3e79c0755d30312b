// The ingress gives Temporal no more than it confirms in time, and finds out how much that is.
import { expect, it } from 'vitest';
import { Admission, type Admitted } from '../../src/api/ingress/admission.ts';

/** As many as are let in. */
function fill(admission: Admission, now = 0): Admitted[] {
  const all: Admitted[] = [];
  for (let one = admission.enter(now); one; one = admission.enter(now)) all.push(one);
  return all;
}

it('refuses what is over the limit, until one is in flight no longer', () => {
  const admission = new Admission();
  const all = fill(admission);
  expect(all).toHaveLength(100);
  all[0]?.leave();
  expect(admission.enter()).toBeDefined();
  expect(admission.enter()).toBeUndefined();
});

it('a crowd that is late halves the limit once; one that came after it halves it again', () => {
  const admission = new Admission();
  for (const one of fill(admission, 1_000)) one.tooLate(3_500);
  expect(admission.limit).toBe(50);
  const other = new Admission();
  const first = fill(other, 0);
  for (const one of first) one.tooLate(2_500);
  for (const one of first) one.leave();
  for (const one of fill(other, 3_000)) one.tooLate(5_500);
  expect(other.limit).toBe(25);
});

it('with Temporal down, a few find out that it is back, and the limit grows with what it confirms', () => {
  const admission = new Admission();
  for (let now = 0; now < 100_000; now += 5_000) {
    for (const one of fill(admission, now)) {
      one.tooLate(now + 2_500);
      one.leave();
    }
  }
  expect(admission.limit).toBe(4);
  for (let round = 0; round < 20; round++) {
    for (const one of fill(admission)) {
      one.inTime();
      one.leave();
    }
  }
  expect(admission.limit).toBeGreaterThan(100);
});

it('a limit that is not used does not grow beyond the first, but gets back to it', () => {
  const admission = new Admission();
  admission.enter(0)?.tooLate(2_500);
  expect(admission.limit).toBe(50);
  for (let i = 0; i < 1_000; i++) {
    const one = admission.enter();
    one?.inTime();
    one?.leave();
  }
  expect(admission.limit).toBe(100);
});
