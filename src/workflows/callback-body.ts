// The body of a callback, in the form that its client has asked for.
import { type CallbackFormat, TASK_ENDS, type TaskState, type TaskStatus } from '../contracts/task.ts';
import { RawBody } from '../payloads/raw-body.ts';

export interface TaskNews {
  taskId: string;
  contextId: string | undefined;
  state: TaskState;
}

/** @returns compact JSON, in the bytes that are signed */
export function callbackBody(format: CallbackFormat, news: TaskNews): { body: RawBody; contentType: string } {
  const json = JSON.stringify(format === 'a2a' ? toStreamResponse(news) : toOwnBody(news));
  const contentType = format === 'a2a' ? 'application/a2a+json' : 'application/json';
  return { body: new RawBody(new TextEncoder().encode(json), 'json/plain'), contentType };
}

function toOwnBody({ taskId, state }: TaskNews): Record<string, unknown> {
  const { status, status_at, result, error, questions } = state;
  return {
    task_id: taskId,
    status,
    ...(status === 'completed' ? { result } : {}),
    ...(error ? { error } : {}),
    ...(status === 'input_required' ? { input_request: questions[0], input_requests: questions } : {}),
    timestamp: status_at,
  };
}

/** As A2A's protobuf names them. */
const A2A_STATES: Record<TaskStatus, string> = {
  processing: 'TASK_STATE_WORKING',
  input_required: 'TASK_STATE_INPUT_REQUIRED',
  completed: 'TASK_STATE_COMPLETED',
  failed: 'TASK_STATE_FAILED',
  error: 'TASK_STATE_FAILED',
  canceled: 'TASK_STATE_CANCELED',
};

/** A2A's `StreamResponse`: the whole task once it has ended, else its status. */
function toStreamResponse({ taskId, contextId = taskId, state }: TaskNews): Record<string, unknown> {
  const { status, status_at: timestamp, result, error, questions } = state;
  const text = error?.message ?? questions[0]?.question;
  const message = text && {
    messageId: `${taskId}-${timestamp}`,
    role: 'ROLE_AGENT',
    taskId,
    contextId,
    parts: [{ text }],
  };
  const shown = { state: A2A_STATES[status], timestamp, ...(message ? { message } : {}) };
  if (!TASK_ENDS.includes(status)) return { statusUpdate: { taskId, contextId, status: shown } };
  const artifacts = status === 'completed' ? [{ artifactId: 'result', parts: [{ data: result }] }] : [];
  return { task: { id: taskId, contextId, status: shown, artifacts } };
}
