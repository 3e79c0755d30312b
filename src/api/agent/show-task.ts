// GET /agent/tasks/{task_id}: one task, with the attempts of its callbacks.
import { readCallbacks } from '../../tasks/read-task.ts';
import { reply, route } from '../http/route.ts';
import type { AgentDeps } from './deps.ts';
import { findTask, taskParams } from './find-task.ts';
import { taskView, toTaskView } from './task-view.ts';

export const showTaskRoute = route<AgentDeps>()({
  method: 'get',
  path: '/agent/tasks/{task_id}',
  summary: 'One task',
  description:
    'A task that has ended stays readable for the retention of the namespace, whatever became of its callbacks.',
  params: taskParams,
  answers: { 200: { description: 'The task', view: taskView } },
  errors: ['task_not_found', 'temporal_unavailable', 'payload_unreadable'],
  async handle(deps, { params, response }) {
    const task = await findTask(deps, response, params.task_id);
    return reply(200, toTaskView(task, await readCallbacks(deps.temporal, task)));
  },
});
