// An event as the operator API shows it.
import {
  type Attempt,
  endpointOf,
  type Held,
  type StepName,
  type StepOutcome,
} from '../../../contracts/event.ts';
import { statusOf } from '../../../events/event-status.ts';
import type { EventRun } from '../../../events/read-event.ts';
import { type WebUi, webUiUrl } from '../../../temporal/web-ui.ts';

export interface StepView {
  /** `pending`: not begun. */
  status: StepOutcome['status'] | 'pending';
  attempts: Attempt[];
  result?: unknown;
  /** Of a delivery that waits for its endpoint: no attempt is made meanwhile. */
  held?: Held;
}

export function toEventView(run: EventRun, webUi: WebUi | undefined) {
  const { description, input, body, steps, failure, began, discarded } = run;
  const eventStatus = statusOf(run);
  const notBegun = eventStatus === 'canceled' ? 'canceled' : 'pending';
  const stepView = (step: StepName): StepView => {
    const { status = notBegun, attempts = [], result, held } = steps.get(step) ?? {};
    return { status, attempts, ...(result === undefined ? {} : { result }), ...(held ? { held } : {}) };
  };
  const handler = input.steps.some(({ step }) => step === 'handler') ? stepView('handler') : null;
  const deliveries = input.steps
    .filter(({ step }) => step !== 'handler')
    .map(({ step }) => ({ endpoint: endpointOf(step), ...stepView(step) }));
  const { workflowId, runId, closeTime } = description;
  return {
    source: input.source,
    event_id: input.event_id,
    event_type: input.event_type,
    status: eventStatus,
    received_at: input.received_at,
    closed_at: closeTime?.toISOString() ?? null,
    headers: input.headers,
    payload: body ? toPayload(body.bytes) : null,
    handler,
    deliveries,
    error: failure?.message ?? null,
    began,
    discarded: discarded ?? null,
    workflow_id: workflowId,
    run_id: runId,
    web_ui_url: webUi ? webUiUrl(webUi, workflowId, runId) : null,
  };
}

export type EventView = ReturnType<typeof toEventView>;

/** A string where the body is not JSON: the ingress takes none such today, a later source may. */
function toPayload(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
