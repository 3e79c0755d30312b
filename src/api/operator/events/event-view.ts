// An event as the operator API shows it.
import { z } from 'zod';
import { formatOf } from '../../../bodies/body-format.ts';
import { showBody } from '../../../bodies/show-body.ts';
import { type BodyKind, endpointOf, type Held, type StepName } from '../../../contracts/event.ts';
import type { EarlierRun } from '../../../events/earlier-runs.ts';
import { type EventStatus, statusOf } from '../../../events/event-status.ts';
import type { EventRun } from '../../../events/read-event.ts';
import { type WebUi, webUiUrl } from '../../../temporal/web-ui.ts';
import { attemptView } from '../../http/attempt-view.ts';

export const eventStatusView = z.enum([
  'processing',
  'delivering',
  'processed',
  'failed',
  'discarded',
  'canceled',
]) satisfies z.ZodType<EventStatus>;

const stepView = {
  status: z.enum(['pending', 'running', 'retrying', 'succeeded', 'failed', 'canceled']),
  attempts: z.array(attemptView),
  result: z.unknown().optional().describe('what the handler has returned'),
  held: z
    .object({
      since: z.string(),
      reason: z.enum(['endpoint_down', 'endpoint_busy']),
      next_attempt_at: z.string(),
    })
    .optional()
    .describe('present while the delivery waits for its endpoint') satisfies z.ZodType<Held | undefined>,
};

const beginningView = z.object({
  how: z.enum(['first', 'replayed', 'resent', 'reset']),
  from: z.enum(['failed_step', 'start']).optional(),
  payload_corrected: z.literal(true).optional(),
});

const earlierRunView = z.object({
  run_id: z.string(),
  status: eventStatusView,
  started_at: z.string(),
  closed_at: z.string().nullable(),
  began: beginningView.nullable().describe('null if it cannot be read any more'),
}) satisfies z.ZodType<EarlierRun>;

export const eventFields = {
  source: z.string(),
  event_id: z.string(),
  event_type: z.string(),
  status: eventStatusView,
  received_at: z.string(),
  closed_at: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
  payload: z
    .unknown()
    .describe(
      'JSON as it came, numbers digit for digit; the fields of a form; a text; of bytes the base64; null if the payload is gone',
    ),
  payload_kind: z.enum(['json', 'form', 'text', 'bytes']) satisfies z.ZodType<BodyKind>,
  payload_encoding: z.literal('base64').optional().describe('present if the payload is the base64 of bytes'),
  handler: z.object(stepView).nullable().describe('null if the event has no handler'),
  deliveries: z.array(z.object({ endpoint: z.string(), ...stepView })),
  target_url: z
    .string()
    .nullable()
    .describe(
      'where a callback or a delivery of a client goes now; null if the event goes to endpoints of the config',
    ),
  error: z.string().nullable(),
  began: beginningView,
  discarded: z
    .object({
      reason: z.string(),
      at: z.string(),
      job: z.object({ job_id: z.string(), job_part: z.int().optional() }).optional(),
    })
    .nullable(),
  workflow_id: z.string(),
  run_id: z.string(),
  web_ui_url: z.string().nullable(),
};

export const earlierRunsField = { earlier_runs: z.array(earlierRunView).describe('the latest first') };

export const eventView = z.object({ ...eventFields, ...earlierRunsField }).meta({ id: 'Event' });

export type EventView = z.output<typeof eventView>;
type EventFields = Omit<EventView, 'earlier_runs'>;
type StepView = NonNullable<EventView['handler']>;

export async function toEventView(run: EventRun, webUi: WebUi | undefined): Promise<EventFields> {
  const { description, input, body, failure, began, discarded } = run;
  const deliveries = input.steps.filter(({ step }) => step !== 'handler');
  const { workflowId, runId, closeTime } = description;
  const format = formatOf(input);
  return {
    source: input.source,
    event_id: input.event_id,
    event_type: input.event_type,
    status: statusOf(run),
    received_at: input.received_at,
    closed_at: closeTime?.toISOString() ?? null,
    headers: input.headers,
    ...(body ? await showBody(body.bytes, format) : { payload: null }),
    payload_kind: format.kind,
    handler: input.steps.some(({ step }) => step === 'handler') ? toStepView(run, 'handler') : null,
    deliveries: deliveries.map(({ step }) => ({ endpoint: endpointOf(step), ...toStepView(run, step) })),
    target_url: input.target?.url ?? null,
    error: failure?.message ?? null,
    began,
    discarded: discarded ?? null,
    workflow_id: workflowId,
    run_id: runId,
    web_ui_url: webUi ? webUiUrl(webUi, workflowId, runId) : null,
  };
}

function toStepView(run: EventRun, step: StepName): StepView {
  const notBegun = statusOf(run) === 'canceled' ? 'canceled' : 'pending';
  const { status = notBegun, attempts = [], result, held } = run.steps.get(step) ?? {};
  return { status, attempts, ...(result === undefined ? {} : { result }), ...(held ? { held } : {}) };
}
