// GET /tasks/{task_id}: one task of any client, with every attempt of its work and the events that call its client back.
import { readCallbacks, readTask } from '../../../tasks/read-task.ts';
import { readWork } from '../../../tasks/read-work.ts';
import { taskNotFound, taskParams } from '../../agent/find-task.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { operatorTaskView, toOperatorTaskView } from './operator-task-view.ts';

export const showAnyTaskRoute = route<OperatorDeps>()({
  method: 'get',
  path: '/tasks/{task_id}',
  summary: 'One task',
  description: 'The task is read from Temporal. No worker is needed.',
  params: taskParams,
  answers: { 200: { description: 'The task', view: operatorTaskView } },
  errors: ['task_not_found', 'payload_unreadable'],
  async handle({ temporal, webUi }, { params: { task_id } }) {
    const task = await readTask(temporal, task_id, undefined);
    if (task === undefined) throw taskNotFound(task_id);
    const [callbacks, work] = await Promise.all([readCallbacks(temporal, task), readWork(temporal, task)]);
    return reply(200, toOperatorTaskView(task, { callbacks, work }, webUi));
  },
});
