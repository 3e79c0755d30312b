// Tests the admission: the ingress learns how many events Temporal confirms in time, and gives it no more.
import { expect, it } from 'vitest';
import { Admission, type Admitted } from '../../src/api/ingress/admission.ts';

/** Enters as many requests as are admitted. */
function fill(admission: Admission, now = 0): Admitted[] {
  const entered: Admitted[] = [];
  for (let next = admission.enter(now); next; next = admission.enter(now)) entered.push(next);
  return entered;
}

it('a request over the limit is refused until another request has left', () => {
  const admission = new Admission();
  const entered = fill(admission);
  expect(entered).toHaveLength(100);
  entered[0]?.leave();
  expect(admission.enter()).toBeDefined();
  expect(admission.enter()).toBeUndefined();
});

it('late requests of one crowd halve the limit once; a late crowd that came afterwards halves it again', () => {
  const admission = new Admission();
  for (const request of fill(admission, 1_000)) request.tooLate(3_500);
  expect(admission.limit).toBe(50);
  const other = new Admission();
  const first = fill(other, 0);
  for (const request of first) request.tooLate(2_500);
  for (const request of first) request.leave();
  for (const request of fill(other, 3_000)) request.tooLate(5_500);
  expect(other.limit).toBe(25);
});

it('with Temporal down the limit is 4, and with Temporal back it grows with the requests confirmed in time', () => {
  const admission = new Admission();
  for (let now = 0; now < 100_000; now += 5_000) {
    for (const request of fill(admission, now)) {
      request.tooLate(now + 2_500);
      request.leave();
    }
  }
  expect(admission.limit).toBe(4);
  for (let round = 0; round < 20; round++) {
    for (const request of fill(admission)) {
      request.inTime();
      request.leave();
    }
  }
  expect(admission.limit).toBeGreaterThan(100);
});

it('a limit that is not reached grows back to its first value, and not beyond', () => {
  const admission = new Admission();
  admission.enter(0)?.tooLate(2_500);
  expect(admission.limit).toBe(50);
  for (let i = 0; i < 1_000; i++) {
    const request = admission.enter();
    request?.inTime();
    request?.leave();
  }
  expect(admission.limit).toBe(100);
});
