// Watches agent tasks by Temporal's long poll of their histories: one watch per task and process, for all who follow it.
import { setTimeout as delay } from 'node:timers/promises';
import { workflowIdOf } from '../contracts/ids.ts';
import { TASK_ENDS, TASK_SOURCE, type TaskState } from '../contracts/task.ts';
import { readerFor } from '../events/read-steps.ts';
import type { Temporal } from '../temporal/connection.ts';
import { isPassing } from '../temporal/grpc-code.ts';
import { readTask, readTaskHead, type TaskHead } from './read-task.ts';
import { TaskFold } from './task-fold.ts';

/** The state of a task at one moment. */
export interface WatchedState {
  state: TaskState;
  hasBegun: boolean;
}

/** How far a history has been read. */
interface PlaceInHistory {
  read: number;
  nextPageToken?: Uint8Array;
}

/** While Temporal is away: soon enough for those who wait, and no burden to a server that comes back. */
const AGAIN_AFTER_MS = { first: 250, most: 5_000 };
/** States that a follower has yet to take. Only progress can come so fast, and its latest replaces the one before it. */
const BACKLOG_MAX = 100;

export class TaskWatches {
  readonly #temporal: Temporal;
  readonly #polling: Temporal;
  readonly #watches = new Map<string, TaskWatch>();

  /**
   * @param temporal whose calls are bounded
   * @param polling whose calls may wait for as long as Temporal lets a poll wait, which is 20 s
   */
  constructor(temporal: Temporal, polling: Temporal) {
    this.#temporal = temporal;
    this.#polling = polling;
  }

  /**
   * Yields the present state and each later one. It ends with the task, and with the signal.
   *
   * @param head if the caller has read it a moment ago
   * @throws what reading the task throws, unless Temporal is only away: then it waits until Temporal is back
   */
  async *follow(
    taskId: string,
    signal: AbortSignal,
    head?: TaskHead,
  ): AsyncGenerator<WatchedState, void, undefined> {
    if (signal.aborted) return;
    const watch = this.#watchOf(taskId, head);
    const follower = new Follower();
    const stop = () => follower.end();
    signal.addEventListener('abort', stop, { once: true });
    watch.add(follower);
    try {
      yield* follower.states();
    } finally {
      signal.removeEventListener('abort', stop);
      watch.remove(follower);
      if (watch.isOver && this.#watches.get(taskId) === watch) this.#watches.delete(taskId);
    }
  }

  #watchOf(taskId: string, head: TaskHead | undefined): TaskWatch {
    const known = this.#watches.get(taskId);
    if (known && !known.isOver) return known;
    const watch = new TaskWatch(this.#temporal, this.#polling, taskId);
    this.#watches.set(taskId, watch);
    void watch.run(head);
    return watch;
  }
}

/** One who follows a task: takes states at its own pace. */
class Follower {
  readonly #states: WatchedState[] = [];
  #isOver = false;
  #error: unknown;
  #wake: () => void = () => undefined;

  add(state: WatchedState): void {
    if (this.#states.length >= BACKLOG_MAX) this.#states.pop();
    this.#states.push(state);
    this.#wake();
  }

  end(error?: unknown): void {
    this.#isOver = true;
    this.#error = error;
    this.#wake();
  }

  async *states(): AsyncGenerator<WatchedState, void, undefined> {
    for (;;) {
      const next = this.#states.shift();
      if (next) yield next;
      else if (this.#error !== undefined) throw this.#error;
      else if (this.#isOver) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

class TaskWatch {
  isOver = false;
  readonly #temporal: Temporal;
  readonly #polling: Temporal;
  readonly #taskId: string;
  readonly #workflowId: string;
  readonly #followers = new Set<Follower>();
  #latest: WatchedState | undefined;

  constructor(temporal: Temporal, polling: Temporal, taskId: string) {
    this.#temporal = temporal;
    this.#polling = polling;
    this.#taskId = taskId;
    this.#workflowId = workflowIdOf(TASK_SOURCE, taskId);
  }

  add(follower: Follower): void {
    this.#followers.add(follower);
    if (this.#latest) follower.add(this.#latest);
  }

  /** Nobody else follows: the watch ends. A poll that is under way comes back within 20 s, and is not made again. */
  remove(follower: Follower): void {
    this.#followers.delete(follower);
    if (this.#followers.size === 0) this.isOver = true;
  }

  async run(known: TaskHead | undefined): Promise<void> {
    let head = known;
    let againAfterMs = AGAIN_AFTER_MS.first;
    while (!this.isOver) {
      try {
        await this.#watchRun(head);
        head = undefined;
        againAfterMs = AGAIN_AFTER_MS.first;
      } catch (error) {
        head = undefined;
        if (!isPassing(error)) return this.#end(error);
        await delay(againAfterMs, undefined, { ref: false });
        againAfterMs = Math.min(2 * againAfterMs, AGAIN_AFTER_MS.most);
      }
    }
  }

  /** Watches the latest run to its end. Another one follows only where somebody has reset the task. */
  async #watchRun(known: TaskHead | undefined): Promise<void> {
    const head = known ?? (await readTaskHead(this.#temporal, this.#taskId, undefined));
    if (head === undefined) return this.#end();
    if (head.run === 'RUNNING') await this.#pollRun(head);
    if (this.isOver) return;
    const task = await readTask(this.#temporal, this.#taskId, undefined);
    if (task === undefined) return this.#end();
    this.#publish(task);
  }

  /** The first answers bring what is there, and it is folded before anything of it is shown. Then each waits for more. */
  async #pollRun({ runId, historyLength }: TaskHead): Promise<void> {
    const fold = new TaskFold(readerFor(this.#temporal, this.#workflowId));
    const execution = { workflowId: this.#workflowId, runId };
    let at: PlaceInHistory | undefined = { read: 0 };
    while (at && !this.isOver) at = await this.#pollOnce(execution, { fold, historyLength }, at);
  }

  /** A function of its own: what is suspended in the next poll must not keep the events of the one before. */
  async #pollOnce(
    execution: { workflowId: string; runId: string },
    { fold, historyLength }: { fold: TaskFold; historyLength: number },
    { read, nextPageToken }: PlaceInHistory,
  ): Promise<PlaceInHistory | undefined> {
    const page = await this.#polling.client.workflowService.getWorkflowExecutionHistory({
      namespace: this.#polling.namespace,
      execution,
      waitNewEvent: true,
      ...(nextPageToken ? { nextPageToken } : {}),
    });
    let count = read;
    for (const event of page.history?.events ?? []) {
      await fold.add(event);
      if (++count >= historyLength) this.#publishFold(fold);
    }
    const hasClosed = !page.nextPageToken?.length;
    // A token of Temporal's is a view of the whole answer, which it would keep alive.
    return hasClosed ? undefined : { read: count, nextPageToken: Uint8Array.from(page.nextPageToken) };
  }

  #publishFold({ state, hasBegun }: TaskFold): void {
    if (state) this.#publish({ state: { ...state, notices: [...state.notices] }, hasBegun });
  }

  #publish({ state, hasBegun }: WatchedState): void {
    if (this.isOver || (this.#latest && isSame(this.#latest, { state, hasBegun }))) return;
    this.#latest = { state, hasBegun };
    for (const follower of this.#followers) follower.add(this.#latest);
    if (TASK_ENDS.includes(state.status)) this.#end();
  }

  #end(error?: unknown): void {
    this.isOver = true;
    for (const follower of this.#followers) follower.end(error);
  }
}

function isSame(a: WatchedState, b: WatchedState): boolean {
  return (
    a.hasBegun === b.hasBegun &&
    a.state.status === b.state.status &&
    a.state.status_at === b.state.status_at &&
    a.state.questions.length === b.state.questions.length &&
    a.state.progress === b.state.progress
  );
}
