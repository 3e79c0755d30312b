// An agent task as it passes between API, workflow and activities. As in event.ts, records that Temporal stores are
// snake_case.
import type { RawBody } from '../payloads/raw-body.ts';
import type { CallbackTarget } from './callback.ts';
import type { Attempt, EventMeta, Rerun, StepName } from './event.ts';

export const RUN_AGENT_TASK = 'runAgentTask';
export const PROGRESS_SIGNAL = 'progress';
export const ANSWER_SIGNAL = 'answer';
export const CALLBACK_SIGNAL = 'callback';

/** The source of every task: a workflow id is `agent:<task_id>`. */
export const TASK_SOURCE = 'agent';
/** The source of the events that call a task's client back, and of those that `POST /deliveries` makes. */
export const CALLBACK_SOURCE = 'callback';
export const DELIVERY_SOURCE = 'delivery';
/** The sources of what the clients of the agent API have asked for: no source of the config has such a name. */
export const SOURCES_OF_CLIENTS: readonly string[] = [TASK_SOURCE, CALLBACK_SOURCE, DELIVERY_SOURCE];
/** The workflow that keeps the callbacks of a task that has ended, and the beginning of its id. */
export const LATE_CALLBACKS = 'lateCallbacks';
export const LATE_CALLBACKS_SOURCE = 'late-callbacks';
/** The step of an event that goes to an address of a client instead of an endpoint of the config. */
export const CALLBACK_STEP = 'deliver:callback';

/**
 * `failed`: the task said no. `error`: it broke. The other names say what they mean; the last four are ends.
 */
export type TaskStatus = 'processing' | 'input_required' | 'completed' | 'failed' | 'error' | 'canceled';
export const TASK_ENDS: readonly TaskStatus[] = ['completed', 'failed', 'error', 'canceled'];

/** `own`: the contract's body. `a2a`: a `StreamResponse` of A2A, and its media type. */
export type CallbackFormat = 'own' | 'a2a';

export interface Callback extends CallbackTarget {
  /** Unique in the task. */
  id: string;
  format: CallbackFormat;
}

/** One callback that is added or replaced, or the id of one that is taken out. */
export type CallbackChange = Callback | { remove: string };

/** What a task asks its client. */
export interface Question {
  name: string;
  question: string;
  /** JSON Schema of the answer. */
  schema: Record<string, unknown>;
}

export interface TaskFailure {
  code: string;
  message: string;
}

/** How far a running task is, as its work has reported last. */
export interface ShownProgress {
  percent?: number;
  message?: string;
}

/** The input of the workflow; its second argument is what the task is given, as JSON. */
export interface AgentTaskInput extends EventMeta {
  client: string;
  /** Limit of one attempt of the work in milliseconds. */
  timeout_ms: number;
  /** How many attempts the work has, as it was when the task was made. */
  callbacks: Callback[];
  /** A2A: the conversation that the task belongs to. */
  context_id?: string;
  /** None: the work is no plan of steps. An event has them here. */
  steps: [];
  /** Absent in a task's first run. */
  rerun?: Rerun;
  /** What the runs before have told the client, and what it has answered. */
  notices?: Notice[];
  answers?: Record<string, unknown>;
}

/** What the `status` query answers, and what the workflow ends with. */
export interface TaskState {
  status: TaskStatus;
  /** RFC 3339 UTC: when the status changed last. */
  status_at: string;
  progress: ShownProgress | null;
  /** What is asked and has no answer yet. */
  questions: Question[];
  /** Set once the task has completed. */
  result?: unknown;
  /** Set once the task has failed or broken. */
  error?: TaskFailure;
  /** What the client has answered, by the name of the question. */
  answers: Record<string, unknown>;
  callbacks: Callback[];
  /** How often the task has called its client back: the events `callback:<task_id>.<callback id>.<n>`. */
  notices: Notice[];
}

/** One state of which the client is told. */
export interface Notice {
  n: number;
  status: TaskStatus;
  at: string;
  /** The callbacks to which it was sent. */
  to: string[];
}

/** The signature of the workflow `RUN_AGENT_TASK`. */
export type RunAgentTask = (input: AgentTaskInput, body: RawBody) => Promise<TaskState>;

/** The signature of the workflow `LATE_CALLBACKS`: a start without any input is refused as a stranger's. */
export type LateCallbacks = (taskId: string) => Promise<void>;

/** The memo of a task: what a repeated request is compared with. */
export interface TaskMemo {
  request_digest: string;
  context_id?: string;
}

/** One call of the work. Each answer begins another round. */
export interface TaskWorkInput {
  event: EventMeta;
  step: StepName;
  attempts: Attempt[];
  answers: Record<string, unknown>;
  /** What an earlier round has left. */
  checkpoint?: unknown;
}

/** What a round of the work came to, as the result of its step. */
export type TaskOutcome =
  | { is: 'done'; result?: unknown }
  | { is: 'no'; code: string; message: string }
  | { is: 'asks'; questions: Question[]; checkpoint?: unknown };

/** Tells the workflow of a task how far it is. */
export type ReportProgress = (
  execution: { workflowId: string; runId: string },
  progress: ShownProgress,
) => Promise<void>;

/** The event that tells a callback of one notice. */
export function callbackEventId(taskId: string, callbackId: string, n: number): string {
  return `${taskId}.${callbackId}.${n}`;
}
