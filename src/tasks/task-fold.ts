// Makes the state of a running task out of its history, entry by entry, as its workflow does. No worker is needed.
import type { StepOutcome } from '../contracts/event.ts';
import { errorCodeOf, INTERRUPTED } from '../contracts/failures.ts';
import { isRefused } from '../contracts/refused.ts';
import {
  type AgentTaskInput,
  ANSWER_SIGNAL,
  CALLBACK_SIGNAL,
  type Callback,
  type CallbackChange,
  PROGRESS_SIGNAL,
  type ShownProgress,
  type TaskOutcome,
  type TaskState,
} from '../contracts/task.ts';
import { type RoundOutcome, TaskRecord } from '../contracts/task-record.ts';
import type { HistoryEvent, RunReader } from '../events/read-steps.ts';
import { toTime } from '../temporal/visibility.ts';

/**
 * A workflow sees what has come when its next task begins: first the signals, then the ends of activities. An entry
 * counts once the task that has seen it is completed, so that nobody is shown a question that is not open yet.
 */
export class TaskFold {
  readonly #reader: RunReader;
  #record: TaskRecord | undefined;
  #hasBegun = false;
  #now = '';
  /** When the workflow task began that is under way: the time that the workflow reads. */
  #taskBeganAt = '';
  #isCancelRequested = false;
  /** What has come since the last workflow task began, and what the task that is under way has seen. */
  #fresh: HistoryEvent[] = [];
  #seen: HistoryEvent[] = [];

  constructor(reader: RunReader) {
    this.#reader = reader;
  }

  /** undefined before the first entry. */
  get state(): TaskState | undefined {
    return this.#record?.state;
  }

  /** Whether a worker has taken the task up. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  async add(event: HistoryEvent): Promise<void> {
    if (event.workflowExecutionStartedEventAttributes) return await this.#begin(event);
    if (event.workflowTaskStartedEventAttributes) {
      this.#taskBeganAt = toTime(event.eventTime) ?? '';
      this.#seen.push(...this.#fresh);
      this.#fresh = [];
      return;
    }
    if (event.workflowTaskCompletedEventAttributes) return await this.#applySeen();
    if (event.workflowTaskFailedEventAttributes || event.workflowTaskTimedOutEventAttributes) {
      this.#fresh = [...this.#seen, ...this.#fresh];
      this.#seen = [];
      return;
    }
    // An entry is a view of Temporal's whole answer, which it keeps alive: nothing is kept that says nothing.
    if (saysSomething(event)) this.#fresh.push(event);
  }

  async #begin(event: HistoryEvent): Promise<void> {
    const payloads = event.workflowExecutionStartedEventAttributes?.input?.payloads?.slice(0, 1) ?? [];
    const [input] = (await this.#reader.readWhatever({ payloads })) as [AgentTaskInput];
    this.#now = toTime(event.eventTime) ?? '';
    this.#record = new TaskRecord(isRefused(input) ? { callbacks: [] } : input, () => this.#now);
  }

  /** The callbacks with the changes that the workflow has yet to see: a client finds what it has just set. */
  async callbacksToCome(): Promise<Callback[]> {
    const { callbacks = [] } = this.state ?? {};
    const copy = new TaskRecord({ callbacks }, () => this.#now);
    for (const { workflowExecutionSignaledEventAttributes: signal } of [...this.#seen, ...this.#fresh]) {
      if (signal?.signalName !== CALLBACK_SIGNAL) continue;
      const [change] = await this.#reader.readWhatever(signal.input);
      if (change !== undefined && !isRefused(change)) copy.changeCallback(change as CallbackChange);
    }
    return copy.state.callbacks;
  }

  async #applySeen(): Promise<void> {
    const seen = this.#seen;
    this.#seen = [];
    this.#hasBegun = true;
    this.#now = this.#taskBeganAt;
    for (const event of seen) await this.#applySignal(event);
    for (const event of seen) await this.#applyEnd(event);
  }

  async #applySignal(event: HistoryEvent): Promise<void> {
    if (event.workflowExecutionCancelRequestedEventAttributes) this.#cancel();
    const { workflowExecutionSignaledEventAttributes: signal } = event;
    if (!signal) return;
    const [value] = await this.#reader.readWhatever(signal.input);
    const record = this.#record;
    if (record === undefined || value === undefined || isRefused(value)) return;
    switch (signal.signalName) {
      case PROGRESS_SIGNAL:
        record.report(value as ShownProgress);
        break;
      case CALLBACK_SIGNAL:
        record.changeCallback(value as CallbackChange);
        break;
      case ANSWER_SIGNAL:
        record.answer(value as Record<string, unknown>);
        if (record.state.status === 'input_required' && record.isAnswered) record.resume();
    }
  }

  /** Work that is under way ends first. */
  #cancel(): void {
    this.#isCancelRequested = true;
    if (this.#record?.state.status === 'input_required') this.#conclude(undefined);
  }

  async #applyEnd(event: HistoryEvent): Promise<void> {
    if (event.activityTaskCanceledEventAttributes) return this.#conclude(undefined);
    const completed = event.activityTaskCompletedEventAttributes;
    if (completed) {
      const [outcome] = (await this.#reader.readWhatever(completed.result)) as [StepOutcome | undefined];
      if (outcome === undefined || isRefused(outcome))
        return this.#conclude({ is: 'broke', code: INTERRUPTED });
      return this.#conclude(outcome.result as TaskOutcome);
    }
    const ended = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
    if (!ended) return;
    if (this.#isCancelRequested) return this.#conclude(undefined);
    const failure = (await this.#reader.readFailure(ended.failure)) as { details?: unknown[] } | undefined;
    this.#conclude({ is: 'broke', code: codeOfDetails(failure?.details?.[0]) });
  }

  /** @param outcome undefined: the task is cancelled */
  #conclude(outcome: RoundOutcome | undefined): void {
    if (outcome === undefined) this.#record?.cancel();
    else this.#record?.conclude(outcome);
    this.#record?.notify();
  }
}

/** Whether an entry may change the state of a task. */
function saysSomething(event: HistoryEvent): boolean {
  return !!(
    event.workflowExecutionSignaledEventAttributes ??
    event.workflowExecutionCancelRequestedEventAttributes ??
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskCanceledEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes
  );
}

/** The code of the failure of a round, out of the failure's details. */
export function codeOfDetails(details: unknown): string {
  if (typeof details !== 'object' || details === null || !('attempts' in details)) return INTERRUPTED;
  return errorCodeOf((details as StepOutcome).attempts.at(-1));
}
