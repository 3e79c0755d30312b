// What a task type of `surehook.config.ts` is: the types its author sees, and `defineTask`.
import { z } from 'zod';
import type { HandlerLogger } from './handler-logger.ts';
import type { retrySchema } from './retry-schedule.ts';

/** How far the work is. Each call replaces what the one before it said. */
export interface TaskProgress {
  /** 0 to 100. */
  percent?: number;
  message?: string;
  /** JSON of at most 64 KiB that a later attempt finds in `context.checkpoint`, perhaps on another worker. */
  checkpoint?: unknown;
}

export interface Download {
  /** As a client has given it: https only, and never to an address that is not public. */
  url: string;
  /** More bytes than this are refused as `document_too_large`. */
  maxBytes: number;
  /** Milliseconds for the whole download. */
  timeoutMs: number;
}

export interface Downloaded {
  bytes: Uint8Array;
  /** As the server gives it, or '' where it gives none: a hint, not a fact. */
  contentType: string;
}

export interface TaskContext {
  taskId: string;
  /** The same over every attempt of this task: give it to the systems that you call. */
  idempotencyKey: string;
  /** 1 for the first attempt. */
  attempt: number;
  /** Whether no attempt follows if this one fails: throw a `TaskError` then if the client can do something about it. */
  isLastAttempt: boolean;
  /** Aborted at the time limit, when the task is cancelled, and when the worker must stop. */
  signal: AbortSignal;
  log: HandlerLogger;
  /** What an earlier attempt has reported last as its checkpoint; undefined if none has. */
  checkpoint: unknown;
  report(progress: TaskProgress): void;
  /**
   * Asks the client. The attempt ends here if there is no answer yet; with the answer, `run` is called anew from its
   * beginning, and this call returns it. Give each question of a task another name.
   */
  ask<S extends z.ZodType>(name: string, request: { question: string; schema: S }): Promise<z.output<S>>;
  /**
   * Gets a document from a URL that the client has given.
   *
   * @throws TaskError `url_not_allowed`, `document_gone`, `document_too_large` or `document_unavailable`
   */
  download(request: Download): Promise<Downloaded>;
}

/** What a client has sent beside its text. */
export interface TextOrigin {
  messageId?: string;
  metadata?: Record<string, unknown>;
}

export interface TaskType<I extends z.ZodType = z.ZodType> {
  /** What a task is given; a request that it refuses is answered with 400. */
  input: I;
  /** Returns the result: JSON of at most 256 KiB. A `TaskError` fails the task; any other error is retried first. */
  run(input: z.output<I>, context: TaskContext): unknown;
  /** For agents that choose among task types. */
  description?: string;
  /** Makes the input out of a message of plain text, which agents send by A2A. Without it, text is refused. */
  fromText?(text: string, origin: TextOrigin): z.input<I>;
  /** Limit of one attempt in milliseconds, or such as '10m' (the default) or '6h'. Beyond it, the task has broken. */
  timeout?: number | string;
  /** After an error that is no `TaskError`, as `retry` of a source; 3 attempts in 35 s unless given. */
  retry?: z.input<typeof retrySchema>;
}

/** Types a task type. It is checked when a command loads the config. */
export function defineTask<I extends z.ZodType>(type: TaskType<I>): TaskType<I> {
  return type;
}

/** Marks such a field in the JSON Schema of an input. */
export const CLIENT_URL_MARK = 'x-client-url';

/**
 * A field of a task's input that is a URL, for `context.download`: a request whose URL is plainly not allowed is answered
 * with 400 `url_not_allowed` at once.
 */
export function clientUrl() {
  return z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .meta({ [CLIENT_URL_MARK]: true });
}
