// The messages between the main process and a process that runs the user's code.
import type { BodyFormat } from '../bodies/body-format.ts';
import type { TextOrigin } from '../config/define-task.ts';
import type { ConfigDescription } from '../config/describe-config.ts';
import type { ProxySettings } from '../config/settings.ts';
import type { EventMeta } from '../contracts/event.ts';

/** How a child process is set up; its first message. */
export interface Setup {
  /** The config file, absolute. */
  path: string;
  logLevel: string;
  /** Where spans go; undefined: tracing is off. */
  tracesUrl: string | undefined;
  /** How documents are downloaded for tasks. */
  downloads: { proxy: ProxySettings | undefined; allowLoopback: boolean };
  /** Bytes of resident memory beyond which the process ends itself; undefined: it lives only as long as it loads. */
  memoryMaxBytes: number | undefined;
}

/** One call of a handler. */
export interface HandlerCall {
  event: EventMeta;
  body: Uint8Array;
  attempt: number;
  idempotencyKey: string;
}

/** How a handler is called. */
export interface CallOptions {
  signal: AbortSignal;
  onHeartbeat: (details: unknown) => void;
  /** Whether the call is to share its process with no other call, if that can be had soon. */
  apart: boolean;
}

/** One look at a payload through the schema of its source. */
export interface SchemaCall {
  source: string;
  body: Uint8Array;
  format: BodyFormat;
}

/** One call of the work of a task. */
export interface TaskCall {
  event: EventMeta;
  /** JSON. */
  input: Uint8Array;
  attempt: number;
  isLastAttempt: boolean;
  idempotencyKey: string;
  answers: Record<string, unknown>;
  checkpoint: unknown;
}

/** One look at what a client has given a task: JSON, or plain text that the task type makes JSON of. */
export interface TaskInputCall {
  type: string;
  input: unknown;
  isText?: boolean;
  /** Beside text. */
  origin?: TextOrigin;
}

/** `input` is set where it was made of text. */
export type TaskInputResult = SchemaResult & { input?: unknown };

export type Work =
  | { is: 'handler'; call: HandlerCall }
  | { is: 'schema'; call: SchemaCall }
  | { is: 'task'; call: TaskCall }
  | { is: 'task_input'; call: TaskInputCall };

export type ToChild =
  | { type: 'setup'; setup: Setup }
  /** `begin_by`: milliseconds since the epoch. A child that reads the message later leaves it: somebody else has it. */
  | { type: 'work'; id: number; begin_by: number; work: Work }
  /** The time of the attempt is over, or its event was cancelled, or the worker stops. */
  | { type: 'abort'; id: number };

export type FromChild =
  | { type: 'ready'; description: ConfigDescription; files: string[] }
  | { type: 'refused'; message: string; files: string[] }
  | { type: 'begun'; id: number }
  | { type: 'heartbeat'; id: number; details: unknown }
  | { type: 'handled'; id: number; outcome: HandlerResult }
  | { type: 'checked'; id: number; outcome: TaskInputResult };

/** What a handler came to, or the work of a task, whose result is a `TaskOutcome`. */
export type HandlerResult =
  | { ok: true /** JSON; absent where the handler returned nothing. */; result?: string }
  | { ok: false; error: string; permanent?: boolean; message: string; stack?: string };

/** What a schema says of a payload. */
export type SchemaResult = { ok: true } | { ok: false; issues: { path: string; message: string }[] };
