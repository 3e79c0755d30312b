// Shows a task as MCP has it: the handle, the detailed task, and the result of the tool.
import { type InputRequests, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { type Question, TASK_ENDS, type TaskState, type TaskStatus } from '../../../contracts/task.ts';
import type { Task } from '../../../tasks/read-task.ts';

type McpStatus = 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';

/** A tenth of the task's age: a short task is seen soon, and one of hours costs little. */
const POLL_PART = 10;
const POLL_LEAST_MS = 500;
const POLL_MOST_MS = 15_000;

export function toMcpStatus(status: TaskStatus): McpStatus {
  switch (status) {
    case 'processing':
      return 'working';
    case 'input_required':
      return 'input_required';
    case 'completed':
    case 'failed':
      return 'completed';
    case 'error':
      return 'failed';
    case 'canceled':
      return 'cancelled';
  }
}

/** The fields of every task. */
export function toMcpTask(
  { taskId, createdAt, state }: Pick<Task, 'taskId' | 'createdAt' | 'state'>,
  retentionMs: number | undefined,
) {
  const { status, status_at: lastUpdatedAt } = state;
  const begunMs = Date.parse(createdAt);
  const isEnd = TASK_ENDS.includes(status);
  const message = messageOf(state);
  return {
    taskId,
    status: toMcpStatus(status),
    ...(message === undefined ? {} : { statusMessage: message }),
    createdAt,
    lastUpdatedAt,
    // A task that runs is kept however long it takes. The retention begins when it ends.
    ttlMs: isEnd && retentionMs !== undefined ? Date.parse(lastUpdatedAt) - begunMs + retentionMs : null,
    ...(isEnd ? {} : { pollIntervalMs: pollIntervalOf(Date.now() - begunMs) }),
  };
}

export function toHandle(task: Pick<Task, 'taskId' | 'createdAt' | 'state'>) {
  return { resultType: 'task', ...toMcpTask(task, undefined) };
}

export function toDetailedTask(task: Task, retentionMs: number | undefined) {
  const fields = toMcpTask(task, retentionMs);
  const { state } = task;
  switch (fields.status) {
    case 'completed':
      return { ...fields, result: { resultType: 'complete', ...toToolResult(state) } };
    case 'failed':
      return { ...fields, error: toTaskError(state) };
    case 'input_required':
      return { ...fields, inputRequests: toInputRequests(state.questions) };
    default:
      return fields;
  }
}

function pollIntervalOf(ageMs: number): number {
  return Math.round(Math.min(POLL_MOST_MS, Math.max(POLL_LEAST_MS, ageMs / POLL_PART)));
}

function messageOf({ status, progress, questions, error }: TaskState): string | undefined {
  switch (status) {
    case 'processing':
      return progress?.message ?? (progress?.percent === undefined ? undefined : `${progress.percent} %`);
    case 'input_required':
      return questions[0]?.question;
    default:
      return error?.message;
  }
}

/** Of a task that has completed, has said no, or was canceled: what the call of the tool has come to. */
export function toToolResult({ status, result, error }: TaskState) {
  if (status === 'completed') {
    const isObject = typeof result === 'object' && result !== null && !Array.isArray(result);
    const content = text(typeof result === 'string' ? result : JSON.stringify(result ?? null));
    return { content, ...(isObject ? { structuredContent: result as Record<string, unknown> } : {}) };
  }
  if (error)
    return { content: text(`${error.code}: ${error.message}`), structuredContent: { error }, isError: true };
  return { content: text('canceled: the task was canceled'), isError: true };
}

/** Of a task that broke. */
export function toTaskError({ error }: TaskState) {
  const { code = 'internal_error', message = 'the task broke' } = error ?? {};
  return { code: ProtocolErrorCode.InternalError as number, message, data: { code } };
}

const text = (words: string) => [{ type: 'text' as const, text: words }];

/** An elicitation each, under the name of the question, which is unique in its task. */
export function toInputRequests(questions: readonly Question[]): InputRequests {
  const requests = questions.map(({ name, question, schema }) => {
    const requestedSchema = isForm(schema)
      ? schema
      : { type: 'object', properties: { [LONE_FIELD]: schema }, required: [LONE_FIELD] };
    return [
      name,
      { method: 'elicitation/create', params: { mode: 'form', message: question, requestedSchema } },
    ];
  });
  return Object.fromEntries(requests) as InputRequests;
}

/** The field of a form whose question asks for something that is not an object. */
export const LONE_FIELD = 'answer';

/** A form is an object. */
export function isForm({ type, properties }: Question['schema']): boolean {
  return type === 'object' && properties !== undefined;
}
