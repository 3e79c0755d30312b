// GET /agent/tasks: the tasks of the client that asks, the latest first.
import { z } from 'zod';
import { listTasks } from '../../tasks/list-tasks.ts';
import { pageOf, pageParameters, toCursor, toPageToken } from '../http/parameters.ts';
import { reply, route } from '../http/route.ts';
import { clientNameOf } from './clients.ts';
import type { AgentDeps } from './deps.ts';
import { taskItemView, taskStatusView, toTaskItemView } from './task-view.ts';

export const listTasksRoute = route<AgentDeps>()({
  method: 'get',
  path: '/agent/tasks',
  summary: 'List tasks',
  description: 'Tasks that run come first, then those that ended last.',
  query: z.strictObject({
    ...pageParameters,
    status: taskStatusView.optional(),
    type: z
      .string()
      .max(64)
      .regex(/^[a-z0-9_-]+$/, 'expected a task type')
      .optional(),
  }),
  answers: { 200: { description: 'One page', view: pageOf(taskItemView) } },
  errors: ['invalid_parameter', 'temporal_unavailable'],
  async handle({ temporal }, { query: { limit, cursor, status, type }, response }) {
    const pageToken = toPageToken(temporal.codec, cursor);
    const client = clientNameOf(response);
    const { items, nextPageToken } = await listTasks(temporal, { client, status, type, limit, pageToken });
    const next_cursor = toCursor(temporal.codec, nextPageToken);
    return reply(200, { items: items.map(toTaskItemView), next_cursor });
  },
});
