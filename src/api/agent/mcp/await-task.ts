// Waits until a task has come to where its client wants it, by reading it at short intervals.
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskState } from '../../../contracts/task.ts';
import { readTask, type Task } from '../../../tasks/read-task.ts';
import { isUnavailable } from '../../../temporal/grpc-code.ts';
import type { AgentDeps } from '../deps.ts';

/** A reading is two calls to Temporal. A task that takes longer than a second is in no hurry. */
const FIRST_PAUSE_MS = 50;
const MOST_PAUSE_MS = 500;

export interface Awaited {
  taskId: string;
  client: string;
  withinMs: number;
  /** Unless given: the task has ended, or asks. */
  until?: (state: TaskState) => boolean;
  signal?: AbortSignal;
}

const isAtRest = ({ status }: TaskState) => status !== 'processing';

/** @returns the task as it was read last, whether it has come there or not; undefined if Temporal did not answer */
export async function awaitTask(
  { temporal }: Pick<AgentDeps, 'temporal'>,
  { taskId, client, withinMs, until = isAtRest, signal }: Awaited,
): Promise<Task | undefined> {
  const endMs = performance.now() + withinMs;
  let latest: Task | undefined;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MOST_PAUSE_MS)) {
    try {
      latest = await readTask(temporal, taskId, client);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
    }
    if (latest && until(latest.state)) return latest;
    if (signal?.aborted || performance.now() + pauseMs > endMs) return latest;
    await delay(pauseMs);
  }
}
