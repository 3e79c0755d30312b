// POST /tasks/{task_id}/cancel: stops a task of any client.
import { z } from 'zod';
import { cancelTask } from '../../../tasks/change-task.ts';
import { readTask, readTaskHead } from '../../../tasks/read-task.ts';
import { taskEnded, taskNotFound, taskParams } from '../../agent/find-task.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';

export const cancelAnyTaskRoute = route<OperatorDeps>()({
  method: 'post',
  path: '/tasks/{task_id}/cancel',
  summary: 'Cancel a task',
  description: 'A worker stops the work, and the client is told that the task is canceled.',
  params: taskParams,
  answers: {
    202: {
      description: 'The cancellation is requested',
      view: z.object({ status: z.literal('canceling'), task_id: z.string(), client: z.string() }),
    },
  },
  errors: ['task_not_found', 'task_ended', 'payload_unreadable'],
  async handle({ temporal, log }, { params: { task_id } }) {
    // The state is not read before: a task whose key is lost can be canceled, too.
    const head = await readTaskHead(temporal, task_id, undefined);
    if (head === undefined) throw taskNotFound(task_id);
    const { client, run } = head;
    if (run !== 'RUNNING' || !(await cancelTask(temporal, head))) {
      const task = await readTask(temporal, task_id, undefined);
      throw task ? taskEnded(task) : taskNotFound(task_id);
    }
    log.info({ task_id, client }, 'task canceled by an operator');
    return reply(202, { status: 'canceling', task_id, client });
  },
});
