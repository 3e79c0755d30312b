// `surehook tasks`: lists, shows and cancels agent tasks through the operator API.
import type { ViewOf } from '../api/http/route.ts';
import type { cancelAnyTaskRoute } from '../api/operator/tasks/cancel-any-task.ts';
import type { listAllTasksRoute } from '../api/operator/tasks/list-all-tasks.ts';
import type { OperatorTaskView } from '../api/operator/tasks/operator-task-view.ts';
import { toPrintableLine } from '../contracts/printable.ts';
import { attemptLines } from './events.ts';
import type { OperatorClient } from './operator-client.ts';
import { table, timeOf } from './text.ts';

export interface TaskListOptions {
  client?: string;
  type?: string;
  status?: string;
  since?: string;
  until?: string;
  limit?: string;
  cursor?: string;
  json?: boolean;
}

export async function tasksList(
  api: OperatorClient,
  { json, since, until, limit, cursor, ...named }: TaskListOptions,
): Promise<string> {
  const filter = { ...named, since: timeOf('--since', since), until: timeOf('--until', until) };
  const page = await api.get<ViewOf<typeof listAllTasksRoute>>('/tasks', { ...filter, limit, cursor });
  if (json) return JSON.stringify(page, null, 2);
  if (page.items.length === 0 && cursor === undefined) return noneText(filter);
  const rows = page.items.map((t) => [t.created_at, t.client, t.task_type, t.task_id, t.status]);
  const more = page.next_cursor ? [`\nMore: --cursor ${page.next_cursor}`] : [];
  const head = ['CREATED', 'CLIENT', 'TYPE', 'TASK ID', 'STATUS'];
  return [rows.length === 0 ? 'None on this page.' : table(head, rows), ...more].join('\n');
}

function noneText(filter: Record<string, string | undefined>): string {
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return isFiltered ? 'No tasks match.' : 'No tasks. A client begins one with: POST /agent/<task type>';
}

export async function tasksShow(
  api: OperatorClient,
  taskId: string,
  { json }: { json?: boolean },
): Promise<string> {
  const task = await api.get<OperatorTaskView>(pathOf(taskId));
  return json ? JSON.stringify(task, null, 2) : taskLines(task).join('\n');
}

export async function tasksCancel(
  api: OperatorClient,
  taskId: string,
  { json }: { json?: boolean },
): Promise<string> {
  const answer = await api.post<ViewOf<typeof cancelAnyTaskRoute, 202>>(`${pathOf(taskId)}/cancel`, '');
  if (json) return JSON.stringify(answer, null, 2);
  return `Cancellation requested. See: surehook tasks show ${taskId}`;
}

function taskLines(task: OperatorTaskView): string[] {
  const { input, result, error, input_requests, work, callbacks } = task;
  return [
    ...factLines(task),
    ...input_requests.map(({ name, question }) => `Asks:     ${toPrintableLine(`${name}: ${question}`)}`),
    ...work.flatMap(({ round, status, outcome, attempts }) => [
      '',
      `${work.length > 1 ? `Work, round ${round}` : 'Work'}: ${status}${outcomeText(outcome)}`,
      ...attemptLines(attempts),
    ]),
    ...callbacks.flatMap((callback) => callbackLines(callback)),
    ...(error ? ['', 'Error:', `  ${toPrintableLine(`${error.code}: ${error.message}`)}`] : []),
    '',
    'Input:',
    JSON.stringify(input, null, 2),
    ...(result === null ? [] : ['', 'Result:', JSON.stringify(result, null, 2)]),
    ...nextLines(task),
  ];
}

function factLines({ progress, ...task }: OperatorTaskView): string[] {
  const percent = progress?.percent === undefined ? [] : [`${Math.round(progress.percent)} %`];
  const facts: [string, string | null][] = [
    ['Task', task.task_id],
    ['Type', task.task_type],
    ['Client', task.client],
    ['Status', task.status],
    ['Progress', progress && [...percent, progress.message].filter(Boolean).join(', ')],
    ['Created', task.created_at],
    ['Ended', task.completed_at],
    ['Web UI', task.web_ui_url],
  ];
  return facts
    .filter(([, value]) => value)
    .map(([name, value]) => `${`${name}:`.padEnd(10)}${toPrintableLine(String(value))}`);
}

function outcomeText(outcome: OperatorTaskView['work'][number]['outcome']): string {
  switch (outcome) {
    case 'no':
      return ', and the task said no';
    case 'asks':
      return ', and the task asked its client';
    default:
      return '';
  }
}

type CallbackView = OperatorTaskView['callbacks'][number];

function callbackLines({ id, url, status, event_id, attempts }: CallbackView): string[] {
  const event = event_id === null ? [] : [`  event callback ${event_id}`];
  return ['', `Callback ${id} to ${url}: ${status}`, ...event, ...attemptLines(attempts)];
}

/** What an operator may want to do next. */
function nextLines({ task_id, status, completed_at, callbacks }: OperatorTaskView): string[] {
  const dead = callbacks.filter(({ status }) => status === 'failed');
  const lines = [
    ...(completed_at === null ? [`Cancel:  surehook tasks cancel ${task_id}`] : []),
    ...(status === 'error' ? [`Replay:  surehook dead-letters replay agent ${task_id}`] : []),
    ...dead.map(({ event_id }) => `Replay:  surehook dead-letters replay callback ${event_id}`),
  ];
  return lines.length > 0 ? ['', ...lines] : [];
}

function pathOf(taskId: string): string {
  return `/tasks/${encodeURIComponent(taskId)}`;
}
