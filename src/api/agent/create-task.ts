// POST /agent/{task_type}: accepts a task, and answers once Temporal has it.
import { z } from 'zod';
import { HttpError } from '../http/errors.ts';
import { reply, route } from '../http/route.ts';
import { acceptTask, ownCallback } from './accept-task.ts';
import { clientNameOf } from './clients.ts';
import type { AgentDeps } from './deps.ts';
import { checkCallback, idempotencyKeyOf, traceOf, webhookSecret, webhookUrl } from './request-fields.ts';

/** Bytes: what Temporal keeps inline, with room for what is beside it. */
export const TASK_MAX_BYTES = 1_048_576;

export const acceptedView = z
  .object({ task_id: z.string(), status: z.literal('processing'), message: z.string() })
  .meta({ id: 'AcceptedTask' });

const bodyFields = z
  .looseObject({ webhook_url: webhookUrl.optional(), webhook_secret: webhookSecret.optional() })
  .describe('the input of the task type, and where to call back');

export const createTaskRoute = route<AgentDeps>()({
  method: 'post',
  path: '/agent/{task_type}',
  summary: 'Begin a task',
  description:
    'With an `Idempotency-Key` header, a second request begins no second task and gets the same answer. Without `webhook_url` nobody is called back.',
  params: z.object({ task_type: z.string().describe('a task type of the config') }),
  body: { schema: bodyFields, limit: TASK_MAX_BYTES },
  answers: {
    202: {
      description: 'The task is stored, and its work begins',
      view: acceptedView,
      headers: { location: 'where the task is shown' },
    },
  },
  errors: [
    'unknown_task_type',
    'invalid_json',
    'payload_too_large',
    'url_not_allowed',
    'invalid_input',
    'payload_unchecked',
    'too_many_tasks',
    'idempotency_conflict',
    'idempotency_in_progress',
    'not_queued',
  ],
  async handle(deps, { params, body, rawBody, request, response }) {
    const { webhook_url, webhook_secret, ...input } = body;
    const { taskId } = await acceptTask(deps, {
      client: clientNameOf(response),
      typeName: params.task_type,
      given: { input },
      callbacks: callbacksOf(deps, webhook_url, webhook_secret),
      idempotencyKey: idempotencyKeyOf(request),
      request: rawBody,
      ...traceOf(request),
    });
    const location = `/agent/tasks/${taskId}`;
    const message = `the task was accepted; its state is at ${location}`;
    return reply(202, { task_id: taskId, status: 'processing', message }, { location });
  },
});

function callbacksOf(deps: AgentDeps, url: string | undefined, secret: string | undefined) {
  if (url === undefined && secret === undefined) return [];
  if (url === undefined)
    throw new HttpError('bad_request', 'webhook_url: it is missing; webhook_secret signs what is sent there');
  if (secret === undefined)
    throw new HttpError('bad_request', 'webhook_secret: it is missing; give what signs the callback');
  checkCallback(deps, url, secret);
  return [ownCallback(url, secret)];
}
