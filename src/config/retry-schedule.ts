// Retry schedules: the forms that the config file may have, resolved to the list of delays before each retry.
import { msToNumber } from '@temporalio/common/lib/time.js';
import { z } from 'zod';

/** The delay before each retry, in milliseconds. A step has one attempt more than the schedule has delays. */
export type RetrySchedule = readonly number[];

const MAX_ATTEMPTS = 100;
/** 7 days: an event that waits longer has been forgotten rather than retried. */
const MAX_DELAY_MS = 7 * 24 * 3_600_000;

export const duration = z
  .union([z.number(), z.string()], { error: "expected milliseconds or a string such as '30s'" })
  .transform((value, context) => {
    const ms = toMs(value);
    if (ms !== undefined && ms >= 0 && ms <= MAX_DELAY_MS) return ms;
    context.addIssue({
      code: 'custom',
      message: "expected milliseconds or a string such as '30s', at most 7 days",
    });
    return z.NEVER;
  });

function toMs(value: number | string): number | undefined {
  try {
    const ms = typeof value === 'number' ? value : msToNumber(value as `${number}`);
    return Number.isFinite(ms) ? Math.round(ms) : undefined;
  } catch {
    return undefined; // `ms` throws at an empty string
  }
}

const exponential = z
  .strictObject({
    initial: duration,
    factor: z.number().min(1).max(100).default(2),
    max: duration.default(3_600_000),
    attempts: z.int().min(1).max(MAX_ATTEMPTS),
  })
  .transform((s) => exponentialDelays(s.initial, s.factor, s.max, s.attempts - 1));

const list = z.array(duration).max(MAX_ATTEMPTS - 1);

export const retrySchema = z.union([list, exponential], {
  error: "expected { initial, factor, max, attempts } or a list of delays such as [0, 500, '1m']",
});

function exponentialDelays(initial: number, factor: number, max: number, count: number): number[] {
  return Array.from({ length: count }, (_, n) => Math.min(max, Math.round(initial * factor ** n)));
}

/** Retries at once, then after 1, 2, 4, 8 … minutes, at most 1 hour apart: 10 retries in about four hours. */
export const DELIVERY_RETRY: RetrySchedule = [0, ...exponentialDelays(60_000, 2, 3_600_000, 9)];

/** Retries after 1, 2, 4, 8 … seconds, at most 5 minutes apart: 10 attempts in about nine minutes. */
export const HANDLER_RETRY: RetrySchedule = exponentialDelays(1_000, 2, 300_000, 9);

/** Retries after 5 s and after 30 s: work that takes minutes or money is not repeated for long. */
export const TASK_RETRY: RetrySchedule = [5_000, 30_000];
