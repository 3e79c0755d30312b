// Tests what the Web UI shows of a failed event.
import { expect, it } from 'vitest';
import type { StepOutcome } from '../../src/contracts/event.ts';
import { failureDetails, failuresOf } from '../../src/workflows/failure-details.ts';

const at = '2026-01-31T12:00:00.000Z';
const failed = (message: string): StepOutcome => ({
  step: 'handler',
  status: 'failed',
  attempts: [{ attempt: 1, at, duration_ms: 1, error: 'handler:Error', message }],
});
const event = { source: 'partner', event_id: "it's", event_type: 'a', received_at: at, headers: {} };

it('says what failed and why, and the command that mends it, with the id as a shell reads it', () => {
  const details = failureDetails(event, failuresOf([failed('no table\n  at f')]));
  expect(details).toContain('    handler failed after 1 attempt: handler:Error\n      no table\n');
  expect(details).toContain("    surehook dead-letters replay partner 'it'\\''s'");
});

it('keeps the message of a handler inside a block of code, and cuts it', () => {
  const [failure] = failuresOf([failed(`# not a title ${'x'.repeat(500)}`)]);
  expect(failure?.message).toHaveLength(201);
  const lines = failureDetails(event, failuresOf([failed('# not a title')])).split('\n');
  expect(lines.find((line) => line.includes('# not a title'))).toMatch(/^ {4}/);
});
