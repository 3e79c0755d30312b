// PATCH /agent/tasks/{task_id}, and POST …/input and …/cancel: what a client can do about its task.
import { z } from 'zod';
import { TASK_ENDS } from '../../contracts/task.ts';
import { answerTask, cancelTask, setCallback } from '../../tasks/change-task.ts';
import { readCallbacks } from '../../tasks/read-task.ts';
import { HttpError } from '../http/errors.ts';
import { reply, route } from '../http/route.ts';
import { OWN_CALLBACK, ownCallback } from './accept-task.ts';
import { checkAnswers } from './check-answers.ts';
import type { AgentDeps } from './deps.ts';
import { findTask, taskEnded, taskParams } from './find-task.ts';
import { checkCallback, webhookSecret, webhookUrl } from './request-fields.ts';
import { taskView, toTaskView } from './task-view.ts';

const BODY_MAX_BYTES = 262_144;

export const patchTaskRoute = route<AgentDeps>()({
  method: 'patch',
  path: '/agent/tasks/{task_id}',
  summary: 'Change where a task calls back',
  description:
    'A callback that waits for its next attempt goes to the new address at once; one whose attempts are used up is sent again.',
  params: taskParams,
  body: {
    schema: z
      .strictObject({ webhook_url: webhookUrl.optional(), webhook_secret: webhookSecret.optional() })
      .refine((body) => Object.keys(body).length > 0, { error: 'expected webhook_url or webhook_secret' }),
    limit: BODY_MAX_BYTES,
  },
  answers: { 200: { description: 'The task', view: taskView } },
  errors: ['task_not_found', 'url_not_allowed', 'invalid_json', 'payload_too_large', 'temporal_unavailable'],
  async handle(deps, { params, body, response }) {
    const task = await findTask(deps, response, params.task_id);
    const known = (await readCallbacks(deps.temporal, task)).find(
      ({ callback: { id } }) => id === OWN_CALLBACK,
    )?.callback;
    const url = body.webhook_url ?? known?.url;
    const secret = body.webhook_secret ?? known?.secrets[0];
    if (url === undefined || secret === undefined) {
      const missing = url === undefined ? 'webhook_url' : 'webhook_secret';
      throw new HttpError('bad_request', `${missing}: it is missing; the task has no callback so far`);
    }
    checkCallback(deps, url, secret);
    await setCallback(deps, task, ownCallback(url, secret));
    const changed = await findTask(deps, response, params.task_id);
    return reply(200, toTaskView(changed, await readCallbacks(deps.temporal, changed)));
  },
});

export const answerTaskRoute = route<AgentDeps>()({
  method: 'post',
  path: '/agent/tasks/{task_id}/input',
  summary: 'Answer what a task asks',
  params: taskParams,
  body: {
    schema: z.strictObject({
      name: z.string().optional().describe('of the question; may be left out if the task asks one'),
      answer: z.unknown().describe('fits the schema of the question'),
    }),
    limit: BODY_MAX_BYTES,
  },
  answers: {
    202: {
      description: 'The task goes on, or still waits for other answers',
      view: z.object({ task_id: z.string(), status: z.literal('processing'), message: z.string() }),
    },
  },
  errors: [
    'task_not_found',
    'nothing_asked',
    'task_ended',
    'invalid_answer',
    'invalid_json',
    'payload_too_large',
    'temporal_unavailable',
  ],
  async handle(deps, { params, body, response }) {
    const task = await findTask(deps, response, params.task_id);
    const { state, taskId: task_id } = task;
    if (TASK_ENDS.includes(state.status)) throw taskEnded(task);
    const name = body.name ?? (state.questions.length === 1 ? state.questions[0]?.name : undefined);
    if (state.questions.length === 0) throw new HttpError('nothing_asked', `task ${task_id} asks nothing`);
    if (name === undefined) {
      const names = state.questions.map((question) => question.name).join(', ');
      throw new HttpError('bad_request', `name: the task asks several things; name one of: ${names}`);
    }
    const answers = checkAnswers(state.questions, { [name]: body.answer });
    if (!(await answerTask(deps.temporal, task, answers))) throw taskEnded(task);
    deps.log.info({ task_id, question: name }, 'task answered');
    return reply(202, { task_id, status: 'processing', message: 'the answer was taken' });
  },
});

export const cancelTaskRoute = route<AgentDeps>()({
  method: 'post',
  path: '/agent/tasks/{task_id}/cancel',
  summary: 'Cancel a task',
  description: 'The running work is told to stop; the task is canceled once it has stopped.',
  params: taskParams,
  answers: {
    202: {
      description: 'The cancellation is stored',
      view: z.object({ task_id: z.string(), status: z.literal('canceling') }),
    },
  },
  errors: ['task_not_found', 'task_ended', 'temporal_unavailable'],
  async handle(deps, { params, response }) {
    const task = await findTask(deps, response, params.task_id);
    if (TASK_ENDS.includes(task.state.status)) throw taskEnded(task);
    if (!(await cancelTask(deps.temporal, task))) throw taskEnded(task);
    deps.log.info({ task_id: task.taskId }, 'task cancellation requested');
    return reply(202, { task_id: task.taskId, status: 'canceling' });
  },
});
