// A dead letter as the operator API shows it: the event, and what failed.
import type { EventRun } from '../../../events/read-event.ts';
import { succeededSteps } from '../../../events/read-event.ts';
import type { WebUi } from '../../../temporal/web-ui.ts';
import { toEventView } from '../events/event-view.ts';

export function toDeadLetterView(run: EventRun, webUi: WebUi | undefined) {
  const notDone = [...run.steps.values()].filter(({ status }) => status !== 'succeeded');
  const steps = notDone.map(({ step, attempts }) => {
    const { status_code, error, message, stack, response_excerpt } = attempts.at(-1) ?? {};
    return {
      step,
      error: error ?? (status_code ? `http_${status_code}` : 'unknown'),
      message: message ?? response_excerpt ?? null,
      stack: stack ?? null,
      attempts: attempts.length,
    };
  });
  const checkpoint = succeededSteps(run).map(({ step, result }) => ({
    step,
    ...(result === undefined ? {} : { result }),
  }));
  return { ...toEventView(run, webUi), failed: { steps, checkpoint } };
}

export type DeadLetterView = ReturnType<typeof toDeadLetterView>;
