// The body of a callback, in the form that its client has asked for.
import { type TaskNews, toStreamResponse } from '../contracts/a2a.ts';
import type { CallbackFormat } from '../contracts/task.ts';
import { RawBody } from '../payloads/raw-body.ts';

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
