// A task as the agent API shows it to its client, and the operator API to an operator.
import { z } from 'zod';
import { TASK_ENDS, type TaskStatus } from '../../contracts/task.ts';
import type { TaskItem } from '../../tasks/list-tasks.ts';
import type { CallbackRun, Task } from '../../tasks/read-task.ts';
import { attemptView } from '../http/attempt-view.ts';

const STATUSES = ['processing', 'input_required', 'completed', 'failed', 'error', 'canceled'] as const;

export const taskStatusView = z
  .enum(STATUSES)
  .describe('`failed`: the task said no. `error`: it broke.') satisfies z.ZodType<TaskStatus>;

const questionView = z.object({
  name: z.string(),
  question: z.string(),
  schema: z.record(z.string(), z.unknown()).describe('JSON Schema of the answer'),
});

export const taskItemView = z
  .object({
    task_id: z.string(),
    task_type: z.string(),
    status: taskStatusView,
    created_at: z.string(),
    completed_at: z.string().nullable().describe('when the task ended'),
  })
  .meta({ id: 'TaskItem' });

const callbackView = z.object({
  url: z.string(),
  status: z
    .enum(['pending', 'delivering', 'delivered', 'failed', 'canceled', 'discarded'])
    .describe('of the latest state that the client is told of; `failed`: a dead letter'),
  attempts: z.array(attemptView),
});

export const taskView = z
  .object({
    ...taskItemView.shape,
    progress: z
      .object({ percent: z.number().optional(), message: z.string().optional() })
      .nullable()
      .describe('as the work has reported it last'),
    input_request: questionView
      .nullable()
      .describe('what the task asks; the first, if it asks several things'),
    input_requests: z.array(questionView),
    result: z.unknown().describe('null until the task has completed'),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    callbacks: z.array(callbackView),
  })
  .meta({ id: 'Task' });

export type TaskView = z.output<typeof taskView>;

export function toTaskView({ taskId, type, createdAt, state }: Task, callbacks: CallbackRun[]): TaskView {
  const { status, status_at, progress, questions, result = null, error = null } = state;
  return {
    task_id: taskId,
    task_type: type,
    status,
    created_at: createdAt,
    completed_at: TASK_ENDS.includes(status) ? status_at : null,
    progress,
    input_request: questions[0] ?? null,
    input_requests: questions,
    result,
    error,
    callbacks: callbacks.map(({ callback: { url }, status, attempts }) => ({ url, status, attempts })),
  };
}

export function toTaskItemView({ taskId, type, status, createdAt, statusAt }: TaskItem) {
  return {
    task_id: taskId,
    task_type: type,
    status,
    created_at: createdAt,
    completed_at: TASK_ENDS.includes(status) ? statusAt : null,
  };
}
