// A task as the operator API shows it: as its client sees it, with what is the operator's business alone.

import { z } from 'zod';
import { showJson } from '../../../bodies/show-body.ts';
import { workflowIdOf } from '../../../contracts/ids.ts';
import { callbackEventId, TASK_SOURCE } from '../../../contracts/task.ts';
import type { TaskItem } from '../../../tasks/list-tasks.ts';
import type { CallbackRun, Task } from '../../../tasks/read-task.ts';
import type { TaskWork } from '../../../tasks/read-work.ts';
import { type WebUi, webUiUrl } from '../../../temporal/web-ui.ts';
import { taskItemView, taskStatusView, taskView, toTaskItemView, toTaskView } from '../../agent/task-view.ts';
import { attemptView } from '../../http/attempt-view.ts';

export const operatorTaskItemView = z
  .object({ ...taskItemView.shape, client: z.string(), workflow_id: z.string() })
  .meta({ id: 'TaskItemOfClient' });

const roundView = z.object({
  round: z.int().describe('1 for the first; each answer of the client begins another one'),
  status: z.enum(['pending', 'running', 'retrying', 'succeeded', 'failed', 'canceled']),
  outcome: z
    .enum(['done', 'no', 'asks'])
    .optional()
    .describe('what a round that succeeded came to; `no`: the task has said no'),
  attempts: z.array(attemptView),
});

export const operatorTaskView = z
  .object({
    ...taskView.shape,
    client: z.string(),
    input: z.unknown().describe('what the task was given'),
    work: z.array(roundView).describe('with the messages and stacks that the client does not see'),
    callbacks: z.array(
      taskView.shape.callbacks.element.extend({
        id: z.string(),
        event_id: z
          .string()
          .nullable()
          .describe('of source `callback`; null until the task has something to tell'),
      }),
    ),
    notices: z
      .array(z.object({ status: taskStatusView, at: z.string(), event_ids: z.array(z.string()) }))
      .describe('what the client was to be told, the first notice first: events of source `callback`'),
    workflow_id: z.string(),
    run_id: z.string(),
    web_ui_url: z.string().nullable(),
  })
  .meta({ id: 'TaskOfClient' });

export type OperatorTaskView = z.output<typeof operatorTaskView>;

export function toOperatorTaskItemView(item: TaskItem): z.output<typeof operatorTaskItemView> {
  return {
    ...toTaskItemView(item),
    client: item.client,
    workflow_id: workflowIdOf(TASK_SOURCE, item.taskId),
  };
}

export function toOperatorTaskView(
  task: Task,
  { callbacks, work }: { callbacks: CallbackRun[]; work: TaskWork },
  webUi: WebUi | undefined,
): OperatorTaskView {
  const { taskId, client, runId, state } = task;
  const workflow_id = workflowIdOf(TASK_SOURCE, taskId);
  return {
    ...toTaskView(task, callbacks),
    client,
    input: work.input ? showJson(work.input.bytes) : null,
    work: work.rounds,
    callbacks: callbacks.map(toOperatorCallback),
    notices: state.notices.map(({ n, status, at, to }) => {
      return { status, at, event_ids: to.map((id) => callbackEventId(taskId, id, n)) };
    }),
    workflow_id,
    run_id: runId,
    web_ui_url: webUi ? webUiUrl(webUi, workflow_id, runId) : null,
  };
}

function toOperatorCallback({ callback: { id, url }, status, attempts, eventId }: CallbackRun) {
  return { id, event_id: eventId ?? null, url, status, attempts };
}
