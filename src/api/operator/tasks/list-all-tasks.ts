// GET /tasks: the tasks of every client.
import { z } from 'zod';
import { SOURCE_NAME } from '../../../contracts/ids.ts';
import { listTasks } from '../../../tasks/list-tasks.ts';
import { taskStatusView } from '../../agent/task-view.ts';
import { filterParameters, pageOf, pageParameters, toCursor, toPageToken } from '../../http/parameters.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { requireKnownTasks } from '../known-names.ts';
import { operatorTaskItemView, toOperatorTaskItemView } from './operator-task-view.ts';

const { since, until } = filterParameters;

export const listAllTasksRoute = route<OperatorDeps>()({
  method: 'get',
  path: '/tasks',
  summary: 'List tasks',
  description: 'Agent tasks of every client: running tasks first, then those that ended last.',
  query: z.strictObject({
    ...pageParameters,
    client: z
      .string()
      .regex(SOURCE_NAME, 'expected the name of a client')
      .describe('only tasks of this client')
      .optional(),
    type: z
      .string()
      .regex(SOURCE_NAME, 'expected the name of a task type')
      .describe('only tasks of this type')
      .optional(),
    status: taskStatusView.describe('only tasks with this status').optional(),
    ...{ since, until },
  }),
  answers: { 200: { description: 'One page', view: pageOf(operatorTaskItemView) } },
  errors: ['invalid_parameter'],
  async handle({ temporal, config, clients }, { query: { limit, cursor, ...filter } }) {
    await requireKnownTasks({ temporal, config, clients }, filter);
    const pageToken = toPageToken(temporal.codec, cursor);
    const { items, nextPageToken } = await listTasks(temporal, { ...filter, limit, pageToken });
    const next_cursor = toCursor(temporal.codec, nextPageToken);
    return reply(200, { items: items.map(toOperatorTaskItemView), next_cursor });
  },
});
