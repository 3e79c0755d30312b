// Tests retry schedules: the two defaults of the contract, what a user may write, and what is refused.
import { describe, expect, it } from 'vitest';
import { DELIVERY_RETRY, HANDLER_RETRY, retrySchema } from '../../src/config/retry-schedule.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const delaysOf = (input: unknown) => retrySchema.parse(input);
const isRefused = (input: unknown) => !retrySchema.safeParse(input).success;

describe('the default schedules', () => {
  it('deliver at once, retry at once, then after 1, 2, 4 … minutes and hourly, with 10 retries in all', () => {
    const minutes = [0, 1, 2, 4, 8, 16, 32, 60, 60, 60];
    expect(DELIVERY_RETRY).toEqual(minutes.map((count) => count * MINUTE));
  });

  it('handle at once, then after 1, 2, 4 … 256 seconds, with 10 attempts in all', () => {
    const seconds = [1, 2, 4, 8, 16, 32, 64, 128, 256];
    expect(HANDLER_RETRY).toEqual(seconds.map((count) => count * SECOND));
  });
});

describe('a list of delays', () => {
  it('has one attempt more than delays', () => {
    expect(delaysOf([0, 500, '1m'])).toEqual([0, 500, MINUTE]);
    expect(delaysOf([])).toEqual([]);
  });

  it.each([
    ['30s', 30 * SECOND],
    ['1.5 hours', 1.5 * HOUR],
    ['2 minutes', 2 * MINUTE],
    ['250ms', 250],
    ['250', 250],
    ['7d', 7 * DAY],
    [7 * DAY, 7 * DAY],
    [0.6, 1],
  ])('accepts %j, as Temporal does', (duration, ms) => {
    expect(delaysOf([duration])).toEqual([ms]);
  });

  it.each([
    '',
    ' ',
    'soon',
    '-1s',
    '8d',
    '1 fortnight',
    -1,
    7 * DAY + 1,
    Number.NaN,
    Infinity,
    null,
    true,
    {},
  ])('refuses %j with what it expects', (duration) => {
    const result = retrySchema.safeParse([0, duration]);
    expect(result.success).toBe(false);
    expect(JSON.stringify(result.error?.issues)).toMatch(/expected milliseconds or a string such as '30s'/);
  });

  it('has at most 99 delays, which makes 100 attempts', () => {
    expect(delaysOf(Array(99).fill(0))).toHaveLength(99);
    expect(isRefused(Array(100).fill(0))).toBe(true);
  });
});

describe('an exponential schedule', () => {
  it('doubles its delays, up to one hour, unless configured otherwise', () => {
    expect(delaysOf({ initial: '1s', attempts: 5 })).toEqual([1, 2, 4, 8].map((count) => count * SECOND));
    expect(delaysOf({ initial: '20m', attempts: 5 })).toEqual([20 * MINUTE, 40 * MINUTE, HOUR, HOUR]);
  });

  it('accepts a factor and a longest delay', () => {
    expect(delaysOf({ initial: 100, factor: 3, max: '2s', attempts: 6 })).toEqual([
      100, 300, 900, 2_000, 2_000,
    ]);
    expect(delaysOf({ initial: 100, factor: 1.5, attempts: 4 })).toEqual([100, 150, 225]);
    expect(delaysOf({ initial: '1m', factor: 1, attempts: 3 })).toEqual([MINUTE, MINUTE]);
    expect(delaysOf({ initial: '1h', max: '1m', attempts: 2 })).toEqual([MINUTE]);
  });

  it('has from 1 to 100 attempts', () => {
    expect(delaysOf({ initial: '1s', attempts: 1 })).toEqual([]);
    const longest = delaysOf({ initial: '1s', factor: 100, max: '7d', attempts: 100 });
    expect(longest).toHaveLength(99);
    expect(longest.at(-1)).toBe(7 * DAY);
  });

  it.each([
    { attempts: 3 },
    { initial: '1s' },
    { initial: '1s', attempts: 0 },
    { initial: '1s', attempts: 101 },
    { initial: '1s', attempts: 2.5 },
    { initial: '1s', attempts: '3' },
    { initial: '1s', attempts: 3, factor: 0.5 },
    { initial: '1s', attempts: 3, factor: 101 },
    { initial: '8d', attempts: 3 },
    { initial: '1s', attempts: 3, max: '8d' },
    { initial: 'soon', attempts: 3 },
    { initial: '1s', attempts: 3, maximum: '1m' },
  ])('refuses %j', (input) => {
    expect(isRefused(input)).toBe(true);
  });
});

describe('anything else', () => {
  it.each([5, '5m', null, true, undefined])(
    'is refused with a message that shows both forms: %j',
    (input) => {
      const result = retrySchema.safeParse(input);
      expect(result.error?.issues.map(({ message }) => message)).toEqual([
        "expected { initial, factor, max, attempts } or a list of delays such as [0, 500, '1m']",
      ]);
    },
  );
});
