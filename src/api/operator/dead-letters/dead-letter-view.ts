// A dead letter as the operator API shows it: as an item of a list, or whole, with its event and what failed.
import { z } from 'zod';
import { errorCodeOf } from '../../../contracts/failures.ts';
import type { DeadLetterItem } from '../../../dead-letters/list.ts';
import { type EventRun, succeededSteps } from '../../../events/read-event.ts';
import type { WebUi } from '../../../temporal/web-ui.ts';
import { pageOf } from '../../http/parameters.ts';
import { earlierRunsField, eventFields, toEventView } from '../events/event-view.ts';

const expiresAt = z
  .string()
  .nullable()
  .describe('when Temporal deletes the dead letter; null if that is not known');
const expiresSoon = z.boolean().describe('whether the alert routes were warned that the dead letter expires');

export const deadLetterItemView = z
  .object({
    source: z.string(),
    event_id: z.string(),
    event_type: z.string().nullable(),
    failed_steps: z.array(z.string()),
    errors: z.array(z.string()).describe('codes'),
    failed_at: z.string(),
    received_at: z
      .string()
      .nullable()
      .describe('null, as the next three fields, if their encryption key is not known'),
    attempts: z.int().nullable(),
    error: z.string().nullable(),
    run_id: z.string().nullable(),
    workflow_id: z.string(),
    expires_at: expiresAt,
    expires_soon: expiresSoon,
  })
  .meta({ id: 'DeadLetterItem' }) satisfies z.ZodType<DeadLetterItem>;

export const deadLetterPageView = pageOf(deadLetterItemView);

const failedFields = {
  failed: z.object({
    steps: z.array(
      z.object({
        step: z.string(),
        error: z.string().describe('a code'),
        message: z.string().nullable(),
        stack: z.string().nullable(),
        attempts: z.int(),
      }),
    ),
    checkpoint: z
      .array(z.object({ step: z.string(), result: z.unknown().optional() }))
      .describe('the steps that had succeeded, which a replay does not repeat'),
  }),
};

export const deadLetterView = z
  .object({
    ...eventFields,
    ...failedFields,
    expires_at: expiresAt,
    expires_soon: expiresSoon,
    ...earlierRunsField,
  })
  .meta({ id: 'DeadLetter' });

export type DeadLetterView = z.output<typeof deadLetterView>;

export async function toDeadLetterView(
  run: EventRun,
  webUi: WebUi | undefined,
): Promise<Omit<DeadLetterView, 'expires_at' | 'expires_soon' | 'earlier_runs'>> {
  const notDone = [...run.steps.values()].filter(({ status }) => status !== 'succeeded');
  const steps = notDone.map(({ step, attempts }) => {
    const last = attempts.at(-1);
    const { message, stack, response_excerpt } = last ?? {};
    return {
      step,
      error: errorCodeOf(last),
      message: message ?? response_excerpt ?? null,
      stack: stack ?? null,
      attempts: attempts.length,
    };
  });
  const checkpoint = succeededSteps(run).map(({ step, result }) => ({
    step,
    ...(result === undefined ? {} : { result }),
  }));
  return { ...(await toEventView(run, webUi)), failed: { steps, checkpoint } };
}
