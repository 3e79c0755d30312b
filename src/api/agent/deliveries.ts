// POST /deliveries and GET /deliveries/{delivery_id}: one signed webhook to anybody, without a task.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { LOCAL_DELIVERY_TIMEOUT_MAX_MS, type ProcessEventInput } from '../../contracts/event.ts';
import { EVENT_TYPE, workflowIdOf } from '../../contracts/ids.ts';
import { EVENT_TYPE_MAX_LENGTH } from '../../contracts/limits.ts';
import { CALLBACK_STEP, DELIVERY_SOURCE } from '../../contracts/task.ts';
import { statusOf } from '../../events/event-status.ts';
import { readEvent } from '../../events/read-event.ts';
import { startFirstRun } from '../../events/start-run.ts';
import { RawBody } from '../../payloads/raw-body.ts';
import { digestOf } from '../../tasks/digest.ts';
import { toCallbackStatus } from '../../tasks/read-task.ts';
import { inTime } from '../../temporal/in-time.ts';
import { attemptView } from '../http/attempt-view.ts';
import { HttpError } from '../http/errors.ts';
import { reply, route } from '../http/route.ts';
import { notQueued } from './accept-task.ts';
import { clientNameOf } from './clients.ts';
import { TASK_MAX_BYTES } from './create-task.ts';
import type { AgentDeps } from './deps.ts';
import { checkCallback, idempotencyKeyOf, traceOf, webhookSecret, webhookUrl } from './request-fields.ts';

const CONFIRM_WITHIN_MS = 2_500;
const DELIVERY_ID = /^dlv_[0-9a-f]{32}$/;

export const createDeliveryRoute = route<AgentDeps>()({
  method: 'post',
  path: '/deliveries',
  summary: 'Send a signed webhook',
  description:
    'It is sent as a callback is: signed, retried, and a dead letter once its attempts are used up.',
  body: {
    schema: z.strictObject({
      webhook_url: webhookUrl,
      webhook_secret: webhookSecret,
      payload: z.unknown().describe('the JSON that is sent'),
      event_type: z
        .string()
        .regex(EVENT_TYPE, `expected 1 to ${EVENT_TYPE_MAX_LENGTH} visible ASCII characters`),
    }),
    limit: TASK_MAX_BYTES,
  },
  answers: {
    202: {
      description: 'The webhook is stored, and will be sent',
      view: z.object({ delivery_id: z.string() }).meta({ id: 'AcceptedDelivery' }),
      headers: { location: 'where the delivery is shown' },
    },
  },
  errors: ['invalid_json', 'payload_too_large', 'url_not_allowed', 'idempotency_conflict', 'not_queued'],
  async handle(deps, { body, rawBody, request, response }) {
    const { webhook_url: url, webhook_secret: secret, payload, event_type } = body;
    if (payload === undefined)
      throw new HttpError('bad_request', 'payload: it is missing; give the JSON to send');
    checkCallback(deps, url, secret);
    const client = clientNameOf(response);
    const event_id = toDeliveryId(client, idempotencyKeyOf(request));
    const input: ProcessEventInput = {
      source: DELIVERY_SOURCE,
      event_id,
      event_type,
      received_at: new Date().toISOString(),
      headers: { 'content-type': 'application/json', [REQUEST_DIGEST]: digestOf(rawBody) },
      ...traceOf(request),
      steps: [{ step: CALLBACK_STEP, timeout_ms: LOCAL_DELIVERY_TIMEOUT_MAX_MS, local: true }],
      target: { url, secrets: [secret] },
      client,
    };
    await confirm(deps, input, Buffer.from(JSON.stringify(payload)));
    return reply(202, { delivery_id: event_id }, { location: `/deliveries/${event_id}` });
  },
});

/** Kept with the event: a second request with the same key has to be the same. */
const REQUEST_DIGEST = 'x-surehook-request-digest';

function toDeliveryId(client: string, idempotencyKey: string | undefined): string {
  return `dlv_${idempotencyKey === undefined ? randomUUID().replaceAll('-', '') : digestOf(client, idempotencyKey)}`;
}

async function confirm(deps: AgentDeps, input: ProcessEventInput, bytes: Buffer): Promise<void> {
  const { client, event_id, event_type, headers } = input;
  const body = new RawBody(bytes, 'json/plain');
  const admitted = deps.admission.enter();
  if (!admitted) throw notQueued('Temporal is behind with earlier work; send it again later');
  const started = startFirstRun(deps, input, body, client).finally(admitted.leave);
  let runId: string | undefined;
  try {
    runId = await inTime(CONFIRM_WITHIN_MS, started, 'no confirmation');
    admitted.inTime();
  } catch (error) {
    admitted.tooLate();
    deps.log.error({ client, delivery_id: event_id, error: String(error) }, 'delivery not queued');
    throw notQueued(
      'Temporal did not confirm the delivery in time; send it again with the same Idempotency-Key',
    );
  }
  deps.log.info(
    { client, delivery_id: event_id, event_type, is_new: runId !== undefined },
    'delivery accepted',
  );
  if (runId !== undefined) return;
  const known = await readEvent(deps.temporal, workflowIdOf(DELIVERY_SOURCE, event_id), false);
  if (known?.input.headers[REQUEST_DIGEST] === headers[REQUEST_DIGEST]) return;
  const detail = 'Idempotency-Key: another request of yours has this key; give each request a key of its own';
  throw new HttpError('idempotency_conflict', detail);
}

export const showDeliveryRoute = route<AgentDeps>()({
  method: 'get',
  path: '/deliveries/{delivery_id}',
  summary: 'One delivery',
  params: z.object({ delivery_id: z.string() }),
  answers: {
    200: {
      description: 'The delivery, with its attempts',
      view: z
        .object({
          delivery_id: z.string(),
          event_type: z.string(),
          url: z.string(),
          status: z.enum(['pending', 'delivering', 'delivered', 'failed', 'canceled', 'discarded']),
          created_at: z.string(),
          attempts: z.array(attemptView),
        })
        .meta({ id: 'Delivery' }),
    },
  },
  errors: ['delivery_not_found', 'temporal_unavailable', 'payload_unreadable'],
  async handle({ temporal }, { params: { delivery_id }, response }) {
    const run = DELIVERY_ID.test(delivery_id)
      ? await readEvent(temporal, workflowIdOf(DELIVERY_SOURCE, delivery_id), false)
      : undefined;
    if (run === undefined || run.input.client !== clientNameOf(response))
      throw new HttpError('delivery_not_found', `there is no delivery ${delivery_id.slice(0, 64)}`);
    const { input, steps } = run;
    return reply(200, {
      delivery_id,
      event_type: input.event_type,
      url: input.target?.url ?? '',
      status: toCallbackStatus(statusOf(run)),
      created_at: input.received_at,
      attempts: steps.get(CALLBACK_STEP)?.attempts ?? [],
    });
  },
});
