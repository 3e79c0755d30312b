// Tests when the next attempt follows a failed one.
import { describe, expect, it } from 'vitest';
import { conclude, isUsedUp } from '../../src/activities/attempts/next-attempt.ts';
import type { ActivityInput, Attempt } from '../../src/contracts/event.ts';

const step = 'deliver:a' as const;

/** @returns the milliseconds until the next attempt */
function waitAfter(retryAfterMs: number | undefined, delayMs = 0): number {
  const attempts: Attempt[] = [
    { attempt: 1, at: new Date().toISOString(), duration_ms: 1, status_code: 429 },
  ];
  const now = Date.now();
  const hold = retryAfterMs === undefined ? {} : { retryAfterMs };
  const result = { ok: false, statusCode: 429, ...hold };
  const outcome = conclude({ step } as unknown as ActivityInput, [delayMs], attempts, result);
  return Date.parse(outcome.attempts[0]?.next_attempt_at ?? '') - now;
}

const waits = (retryAfterMs: number | undefined, delayMs?: number) =>
  Array.from({ length: 200 }, () => waitAfter(retryAfterMs, delayMs)).sort((a, b) => a - b);

describe('work that is cut short', () => {
  const cutShort = (count: number, message: string): Attempt[] =>
    Array.from({ length: count }, (_, i) => ({
      attempt: i + 1,
      at: new Date().toISOString(),
      duration_ms: 1,
      error: 'interrupted',
      message,
    }));

  it.each([
    ['by workers that stop', 'the worker was stopped during this attempt'],
    ['by workers that are lost', 'the worker was lost during this attempt, before it could be recorded'],
  ])('%s costs none of its attempts, ten times', (_what, message) => {
    expect(isUsedUp('work:1', cutShort(10, message), [])).toBe(false);
    expect(isUsedUp('work:1', cutShort(11, message), [])).toBe(true);
    expect(isUsedUp('handler', cutShort(1, message), [])).toBe(true);
  });

  it('goes on at once on another worker, even if it has no retry', () => {
    const attempts = cutShort(1, 'the worker was stopped during this attempt');
    const outcome = conclude({ step: 'work:1' } as unknown as ActivityInput, [], attempts, {
      ok: false,
      error: 'timeout',
    });
    expect(outcome.status).toBe('retrying');
    expect(Date.parse(outcome.attempts[0]?.next_attempt_at ?? '') - Date.now()).toBeLessThan(50);
  });

  it('by its own process counts as its own fault', () => {
    const attempts = cutShort(1, 'the process of the handler ended during this attempt (SIGSEGV)');
    expect(isUsedUp('work:1', attempts, [])).toBe(true);
  });
});

describe('the wait that an endpoint asks for', () => {
  it.each([
    [6_000, 8_000],
    [600_000, 660_000],
  ])('of %d ms is spread, later only, over seconds or a tenth', (least, most) => {
    const [first = 0, last = 0] = [waits(least)[0], waits(least).at(-1)];
    expect(first).toBeGreaterThanOrEqual(least);
    expect(last).toBeLessThanOrEqual(most + 50);
    expect(last - first).toBeGreaterThan((most - least) / 2);
  });

  it('does not shorten the delay of the schedule, which is spread either way', () => {
    const all = waits(1_000, 100_000);
    expect(all[0]).toBeGreaterThanOrEqual(90_000);
    expect(all[0]).toBeLessThan(99_000);
    expect(all.at(-1)).toBeGreaterThan(101_000);
    expect(waits(undefined)[0]).toBeLessThan(50);
  });
});
