// Tests the progress line that `surehook dead-letters replay` redraws on a terminal.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobView } from '../../src/api/operator/jobs/job-view.ts';
import { barOf } from '../../src/commands/watch-job.ts';

const NOW = Date.parse('2026-11-24T12:00:00.000Z');
const inSeconds = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString();

function aJob(given: Partial<JobView> = {}): JobView {
  return {
    job_id: '6d0e4a5c-0000-4000-8000-000000000000',
    action: 'replay',
    status: 'running',
    filter: {},
    rate_per_second: 10,
    matched: 300,
    done: 0,
    started: 0,
    skipped: 0,
    failed: 0,
    started_at: inSeconds(0),
    closed_at: null,
    eta: inSeconds(30),
    failures: [],
    workflow_id: 'job:6d0e4a5c-0000-4000-8000-000000000000',
    ...given,
  };
}

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

describe('the progress bar', () => {
  it('is empty at the start and full at the end', () => {
    expect(barOf(aJob())).toBe(`${'░'.repeat(30)}   0 %  0/300, 10/s, 30 s left`);
    expect(barOf(aJob({ done: 300, eta: inSeconds(0) }))).toBe(
      `${'█'.repeat(30)} 100 %  300/300, 10/s, 0 s left`,
    );
  });

  it('shows the share that is done, and 100 % only when everything is done', () => {
    expect(barOf(aJob({ done: 100 }))).toMatch(/^█{10}░{20} {2}33 % {2}100\/300, /);
    expect(barOf(aJob({ done: 299 }))).toMatch(/^█{30} {2}99 % {2}299\/300, /);
  });

  it('shows how many could not be started', () => {
    expect(barOf(aJob({ done: 30, failed: 2 }))).toContain('30/300, 2 failed, 10/s');
  });

  it('shows that the job is paused, and then no time left', () => {
    expect(barOf(aJob({ done: 30, status: 'paused', eta: null }))).toMatch(/30\/300, paused$/);
  });

  it.each([
    [59, '59 s'],
    [60, '1 min 0 s'],
    [3_599.2, '1 h 0 min'],
    [3_600 + 61, '1 h 1 min'],
    [-5, '0 s'],
  ])('with %d seconds to go shows %s', (seconds, left) => {
    expect(barOf(aJob({ eta: inSeconds(seconds) }))).toMatch(new RegExp(`, ${left} left$`));
  });

  it('keeps its width if more was done than had matched, or if nothing had matched', () => {
    expect(barOf(aJob({ done: 305 }))).toMatch(/^█{30} 100 % {2}305\/300, /);
    expect(barOf(aJob({ matched: 0, eta: null }))).toMatch(/^█{30} 100 % {2}0\/0, 10\/s$/);
  });
});
