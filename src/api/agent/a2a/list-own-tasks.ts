// ListTasks: the tasks of the client that asks, by the time of their status.
import { type ListTasksRequest, ListTasksResponse, TaskState, taskStateToJSON } from '@a2a-js/sdk';
import { toA2ATask } from '../../../contracts/a2a.ts';
import { parseTime } from '../../../contracts/parse-time.ts';
import type { TaskStatus } from '../../../contracts/task.ts';
import {
  countByStatusTime,
  listByStatusTime,
  type StatusTimeCursor,
  type TaskItemOfContext,
} from '../../../tasks/list-by-status-time.ts';
import { toCursor, toPageToken } from '../../http/parameters.ts';
import type { A2ADeps } from './a2a-deps.ts';
import { malformed } from './a2a-error.ts';
import type { Caller } from './caller.ts';
import { requireOwnTask } from './require-own-task.ts';

/** As A2A has them. */
const PAGE = { usual: 50, most: 100 };
/** Tasks that are read at once: each takes two calls of Temporal. */
const READ_AT_ONCE = 10;

export async function listOwnTasks(
  deps: A2ADeps,
  caller: Caller,
  request: ListTasksRequest,
): Promise<ListTasksResponse> {
  const { temporal } = deps;
  const {
    pageSize = PAGE.usual,
    pageToken,
    includeArtifacts = false,
    contextId,
    historyLength = 0,
  } = request;
  if (pageSize < 1 || pageSize > PAGE.most) throw malformed('pageSize', `expected 1 to ${PAGE.most}`);
  if (historyLength < 0) throw malformed('historyLength', 'expected 0 or more');
  const filter = {
    client: caller.client,
    contextId: contextId === '' ? undefined : contextId,
    statuses: toStatuses(request.status),
    from: toTime(request.statusTimestampAfter),
  };
  const after = readCursor(deps, pageToken);
  if (filter.statuses?.length === 0) return toAnswer([], pageSize, 0, '');
  const [{ items, next }, totalSize] = await Promise.all([
    listByStatusTime(temporal, filter, { limit: pageSize, after }),
    countByStatusTime(temporal, filter),
  ]);
  const tasks = includeArtifacts ? await readWhole(deps, caller, items) : items.map(toListedTask);
  return toAnswer(tasks, pageSize, totalSize, writeCursor(deps, next));
}

function toAnswer(tasks: unknown[], pageSize: number, totalSize: number, nextPageToken: string) {
  return ListTasksResponse.fromJSON({ tasks, pageSize, totalSize, nextPageToken });
}

function toListedTask({ taskId, contextId, status, statusAt }: TaskItemOfContext) {
  const state = {
    status,
    status_at: statusAt,
    progress: null,
    questions: [],
    answers: {},
    callbacks: [],
    notices: [],
  };
  const { artifacts: _none, status: shown, ...task } = toA2ATask({ taskId, contextId, state });
  const { message: _without, ...bare } = shown as Record<string, unknown>;
  return { ...task, status: bare };
}

async function readWhole(deps: A2ADeps, caller: Caller, items: TaskItemOfContext[]): Promise<unknown[]> {
  const tasks: unknown[] = [];
  for (let i = 0; i < items.length; i += READ_AT_ONCE) {
    const some = items.slice(i, i + READ_AT_ONCE);
    const read = some.map(async ({ taskId }) => toA2ATask(await requireOwnTask(deps, caller, taskId)));
    tasks.push(...(await Promise.all(read)));
  }
  return tasks;
}

/** The list does not know which tasks no worker has taken up yet: they count as working. */
function toStatuses(state: TaskState): TaskStatus[] | undefined {
  switch (state) {
    case TaskState.TASK_STATE_UNSPECIFIED:
      return undefined;
    case TaskState.TASK_STATE_WORKING:
      return ['processing'];
    case TaskState.TASK_STATE_INPUT_REQUIRED:
      return ['input_required'];
    case TaskState.TASK_STATE_COMPLETED:
      return ['completed'];
    case TaskState.TASK_STATE_FAILED:
      return ['failed', 'error'];
    case TaskState.TASK_STATE_CANCELED:
      return ['canceled'];
    case TaskState.TASK_STATE_SUBMITTED:
    case TaskState.TASK_STATE_REJECTED:
    case TaskState.TASK_STATE_AUTH_REQUIRED:
      return [];
    default:
      throw malformed('status', `expected a state such as ${taskStateToJSON(TaskState.TASK_STATE_WORKING)}`);
  }
}

function toTime(given: string | undefined): string | undefined {
  if (given === undefined || given === '') return undefined;
  const time = parseTime(given);
  if (time !== undefined) return time;
  throw malformed('statusTimestampAfter', 'expected RFC 3339, such as 2026-11-27T10:00:00Z');
}

/** The page tokens of other lists begin in another way. */
const CURSOR = 'a2a ';

function writeCursor({ temporal }: A2ADeps, next: StatusTimeCursor | undefined): string {
  const bytes = next && Buffer.from(`${CURSOR}${next.statusAt} ${next.taskId}`);
  return toCursor(temporal.codec, bytes) ?? '';
}

function readCursor({ temporal }: A2ADeps, pageToken: string): StatusTimeCursor | undefined {
  if (pageToken === '') return undefined;
  const text = Buffer.from(toPageToken(temporal.codec, pageToken) ?? []).toString();
  const [statusAt, taskId] = text.slice(CURSOR.length).split(' ');
  if (text.startsWith(CURSOR) && statusAt !== undefined && taskId !== undefined) return { statusAt, taskId };
  throw malformed('pageToken', 'expected the nextPageToken of the page before');
}
