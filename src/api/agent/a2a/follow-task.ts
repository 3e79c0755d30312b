// Waits for a task, or streams what becomes of it, for a client that has sent it a message or asks for it.
import { StreamResponse } from '@a2a-js/sdk';
import { UnsupportedOperationError } from '@a2a-js/sdk/errors';
import { type TaskNews, toA2ATask, toArtifacts, toStatusUpdate } from '../../../contracts/a2a.ts';
import { TASK_ENDS } from '../../../contracts/task.ts';
import { readTaskHead } from '../../../tasks/read-task.ts';
import type { WatchedState } from '../../../tasks/watch-task.ts';
import type { A2ADeps } from './a2a-deps.ts';
import { noSuchTask } from './a2a-error.ts';
import type { AcceptedMessage } from './accept-message.ts';
import type { Caller } from './caller.ts';
import { requireOwnTask } from './require-own-task.ts';

/** Node's `fetch` waits 300 s for an answer. A client whose task lasts longer gets it as it is, and asks again. */
const ANSWER_WITHIN_MS = 290_000;
/** A task that is cancelled while it works ends with its next heartbeat. */
const CANCELED_WITHIN_MS = 5_000;

/** The task once it has ended, or asks something; or as it is when the time is over. */
export async function untilSettled(
  deps: A2ADeps,
  caller: Caller,
  accepted: AcceptedMessage,
): Promise<TaskNews> {
  const signal = AbortSignal.any([caller.hold(), AbortSignal.timeout(ANSWER_WITHIN_MS)]);
  return await lastUntil(deps, caller, accepted, signal, (now) => isSettled(now, accepted));
}

/** A cancelled task once it has ended, if that is soon. */
export async function untilCanceled(deps: A2ADeps, caller: Caller, task: TaskNews): Promise<TaskNews> {
  const signal = AbortSignal.timeout(CANCELED_WITHIN_MS);
  return await lastUntil(deps, caller, task, signal, ({ state }) => TASK_ENDS.includes(state.status));
}

async function lastUntil(
  { watches, temporal }: A2ADeps,
  caller: Caller,
  { taskId, contextId }: Pick<TaskNews, 'taskId' | 'contextId'>,
  signal: AbortSignal,
  isOver: (now: WatchedState) => boolean,
): Promise<TaskNews> {
  let last: WatchedState | undefined;
  for await (const now of watches.follow(taskId, signal)) {
    last = now;
    if (isOver(now)) break;
  }
  return { taskId, contextId, ...(last ?? (await requireOwnTask({ temporal }, caller, taskId))) };
}

function isSettled({ state }: WatchedState, { answered }: Pick<AcceptedMessage, 'answered'>): boolean {
  if (TASK_ENDS.includes(state.status)) return true;
  return state.status === 'input_required' && !isBefore({ state }, answered);
}

/** Whether the workflow has yet to see the answers that were given it. */
function isBefore({ state }: Pick<WatchedState, 'state'>, answered: readonly string[]): boolean {
  return state.questions.some(({ name }) => answered.includes(name));
}

/** After a message: the task, then each change. The stream ends with the task, and where the task asks something. */
export async function* streamMessage(
  { watches }: A2ADeps,
  caller: Caller,
  accepted: AcceptedMessage,
): AsyncGenerator<StreamResponse, void, undefined> {
  const { taskId, contextId, isNew, answered } = accepted;
  const signal = caller.hold();
  let isFirst = true;
  if (isNew) {
    yield asTask(justAccepted(accepted));
    isFirst = false;
  }
  for await (const now of watches.follow(taskId, signal)) {
    if (isBefore(now, answered)) continue;
    const news = { taskId, contextId, ...now };
    if (isFirst) yield asTask(news);
    else if (now.hasBegun) yield* changes(news);
    isFirst = false;
    if (isSettled(now, accepted)) return;
  }
}

/** @throws TaskNotFoundError, or UnsupportedOperationError for a task that has ended */
export async function* streamTask(
  { watches, temporal }: A2ADeps,
  caller: Caller,
  id: string,
): AsyncGenerator<StreamResponse, void, undefined> {
  const head = await readTaskHead(temporal, id, caller.client);
  if (head === undefined) throw noSuchTask(id);
  const { taskId, contextId } = head;
  let isFirst = true;
  for await (const now of watches.follow(taskId, caller.hold(), head)) {
    const news = { taskId, contextId, ...now };
    if (isFirst && TASK_ENDS.includes(now.state.status))
      throw new UnsupportedOperationError(`the task has ended: it is ${now.state.status}; get it instead`);
    if (isFirst) yield asTask(news);
    else yield* changes(news);
    isFirst = false;
  }
}

function* changes(news: TaskNews): Generator<StreamResponse, void, undefined> {
  const { taskId, contextId, state } = news;
  for (const artifact of toArtifacts(state))
    yield StreamResponse.fromJSON({ artifactUpdate: { taskId, contextId, artifact, lastChunk: true } });
  yield StreamResponse.fromJSON({ statusUpdate: toStatusUpdate(news) });
}

function asTask(news: TaskNews): StreamResponse {
  return StreamResponse.fromJSON({ task: toA2ATask(news) });
}

/** A task of which Temporal was told a moment ago. */
export function justAccepted({ taskId, contextId }: AcceptedMessage): TaskNews {
  return {
    taskId,
    contextId,
    hasBegun: false,
    state: {
      status: 'processing',
      status_at: new Date().toISOString(),
      progress: null,
      questions: [],
      answers: {},
      callbacks: [],
      notices: [],
    },
  };
}
