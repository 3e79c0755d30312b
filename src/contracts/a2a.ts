// An agent task in the JSON of A2A 1.0, as the A2A interface answers it and as push notifications carry it.
import { TASK_ENDS, type TaskState, type TaskStatus } from './task.ts';

export interface TaskNews {
  taskId: string;
  /** undefined: the task's id. */
  contextId: string | undefined;
  state: TaskState;
  /** false: its work has not begun. */
  hasBegun?: boolean;
}

export type A2AJson = Record<string, unknown>;

/** As A2A's protobuf names them. */
const STATES: Record<TaskStatus, string> = {
  processing: 'TASK_STATE_WORKING',
  input_required: 'TASK_STATE_INPUT_REQUIRED',
  completed: 'TASK_STATE_COMPLETED',
  failed: 'TASK_STATE_FAILED',
  error: 'TASK_STATE_FAILED',
  canceled: 'TASK_STATE_CANCELED',
};

/** `StreamResponse`: the whole task once it has ended, else its status. */
export function toStreamResponse(news: TaskNews): A2AJson {
  return TASK_ENDS.includes(news.state.status)
    ? { task: toA2ATask(news) }
    : { statusUpdate: toStatusUpdate(news) };
}

export function toA2ATask(news: TaskNews): A2AJson {
  const { taskId: id, contextId = id, state } = news;
  return { id, contextId, status: toA2AStatus(news), artifacts: toArtifacts(state) };
}

export function toStatusUpdate(news: TaskNews): A2AJson {
  const { taskId, contextId = taskId, state } = news;
  const percent = state.status === 'processing' ? state.progress?.percent : undefined;
  return {
    taskId,
    contextId,
    status: toA2AStatus(news),
    ...(percent === undefined ? {} : { metadata: { percent } }),
  };
}

function toA2AStatus({ taskId, contextId = taskId, state, hasBegun = true }: TaskNews): A2AJson {
  const { status, status_at: timestamp } = state;
  const said = whatIsSaid(state);
  const message = said && {
    messageId: `${taskId}-${timestamp}`,
    role: 'ROLE_AGENT',
    taskId,
    contextId,
    ...said,
  };
  const shown = hasBegun ? STATES[status] : 'TASK_STATE_SUBMITTED';
  return { state: shown, timestamp, ...(message ? { message } : {}) };
}

/** What a person reads; a question also with its name and the schema of the answer, for programs. */
function whatIsSaid({ status, error, questions, progress }: TaskState): A2AJson | undefined {
  if (error) return { parts: [{ text: error.message }], metadata: { code: error.code } };
  if (status === 'input_required') {
    const texts = questions.map(({ question }) => ({ text: question }));
    return { parts: [...texts, { data: { questions }, mediaType: 'application/json' }] };
  }
  const text = status === 'processing' ? progress?.message : undefined;
  return text === undefined ? undefined : { parts: [{ text }] };
}

/** A task has one artifact: its result. */
export function toArtifacts({ status, result = null }: TaskState): A2AJson[] {
  if (status !== 'completed' || result === null) return [];
  const parts = partsOf(result) ?? [{ data: result, mediaType: 'application/json' }];
  return [{ artifactId: 'result', name: 'result', parts }];
}

/** A result `{ message: { parts } }` is the agent's answer itself: a message in place of a task. */
export function toMessage({ taskId, contextId = taskId, state }: TaskNews): A2AJson | undefined {
  const { status, result } = state;
  const parts = status === 'completed' ? partsOf(onlyMember(result, 'message')) : undefined;
  return parts && { messageId: `${taskId}-result`, role: 'ROLE_AGENT', contextId, parts };
}

/** A result `{ parts: […] }` is made of A2A's own parts, such as files, when each of them is one. */
function partsOf(result: unknown): A2AJson[] | undefined {
  const parts = onlyMember(result, 'parts');
  return Array.isArray(parts) && parts.length > 0 && parts.every(isPart) ? parts : undefined;
}

function onlyMember(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Object.keys(value).length === 1 ? (value as A2AJson)[name] : undefined;
}

const CONTENTS = ['text', 'raw', 'url', 'data'];

function isPart(part: unknown): part is A2AJson {
  if (typeof part !== 'object' || part === null) return false;
  return CONTENTS.filter((name) => Object.hasOwn(part, name)).length === 1;
}
