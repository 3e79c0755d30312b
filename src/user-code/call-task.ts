// Calls the work of one agent task, and says what it came to.
import type { Logger } from 'pino';
import { z } from 'zod';
import type { ParsedConfig } from '../config/define-config.ts';
import type { Download, Downloaded, TaskContext, TaskProgress } from '../config/define-task.ts';
import { isTaskError } from '../contracts/failures.ts';
import { RESULT_MAX_BYTES } from '../contracts/limits.ts';
import type { Question, TaskOutcome } from '../contracts/task.ts';
import { toFailedCall, toHandlerLogger, toJsonValue } from './call-handler.ts';
import { describeThrown } from './describe-thrown.ts';
import type { HandlerResult, TaskCall } from './messages.ts';
import type { UserCall } from './user-call.ts';

export interface TaskRun {
  type: ParsedConfig['tasks'][string];
  given: TaskCall;
  call: UserCall;
  log: Logger;
  /** Throws nothing; the details are JSON. */
  onHeartbeat: (details: unknown) => void;
  download: (request: Download & { signal: AbortSignal }) => Promise<Downloaded>;
}

/** Bytes of JSON of a checkpoint: it is sent with each heartbeat. */
const CHECKPOINT_MAX_BYTES = 65_536;
const CODE = /^[a-z][a-z0-9_]{0,63}$/;

export async function callTask({
  type,
  given,
  call,
  log,
  onHeartbeat,
  download,
}: TaskRun): Promise<HandlerResult> {
  const { signal } = call.controller;
  const asking = new Asking(given.answers);
  const context: TaskContext = {
    taskId: given.event.event_id,
    idempotencyKey: given.idempotencyKey,
    attempt: given.attempt,
    isLastAttempt: given.isLastAttempt,
    signal,
    log: toHandlerLogger(log),
    checkpoint: given.checkpoint,
    report: (progress) => onHeartbeat(toProgress(progress)),
    ask: (name, request) => asking.ask(name, request),
    download: (request) => download({ ...request, signal }),
  };
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => undefined); // work that ends first leaves nobody listening
  try {
    const work = async (): Promise<TaskOutcome> => {
      const input = await type.input.parseAsync(JSON.parse(Buffer.from(given.input).toString('utf8')));
      return { is: 'done', result: await type.run(input, context) };
    };
    return toResult(await Promise.race([work(), asking.asked, aborted, call.strayed]));
  } catch (error) {
    if (signal.aborted && signal.reason === error) return TIMED_OUT;
    if (isTaskError(error)) return toResult(toNo(error.code, describeThrown(error).message));
    return toFailedCall('task', error);
  }
}

const TIMED_OUT: HandlerResult = {
  ok: false,
  permanent: true, // work that has used up its time would use it up again
  error: 'timeout',
  message: 'the work did not end within the timeout of its task type',
};

function toNo(code: string, message: string): TaskOutcome {
  return { is: 'no', code: CODE.test(code) ? code : 'task_failed', message };
}

function toResult(outcome: TaskOutcome): HandlerResult {
  let json: string;
  try {
    json = JSON.stringify(outcome);
  } catch (error) {
    const message = `the task returned what cannot be written as JSON: ${describeThrown(error).message}`;
    return { ok: false, permanent: true, error: 'task:ResultNotJson', message };
  }
  if (Buffer.byteLength(json) <= RESULT_MAX_BYTES) return { ok: true, result: json };
  const message = `the task returned more than ${RESULT_MAX_BYTES} bytes of JSON; return a reference instead`;
  return { ok: false, permanent: true, error: 'task:ResultTooLarge', message };
}

function toProgress({ percent, message, checkpoint }: TaskProgress): TaskProgress {
  const kept = toJsonValue(checkpoint, 'a checkpoint');
  if (kept !== undefined && Buffer.byteLength(JSON.stringify(kept)) > CHECKPOINT_MAX_BYTES)
    throw new RangeError(`a checkpoint has more than ${CHECKPOINT_MAX_BYTES} bytes of JSON`);
  return {
    ...(typeof percent === 'number' && percent >= 0 && percent <= 100 ? { percent } : {}),
    ...(message === undefined ? {} : { message: String(message).slice(0, MESSAGE_MAX_LENGTH) }),
    ...(kept === undefined ? {} : { checkpoint: kept }),
  };
}

const MESSAGE_MAX_LENGTH = 500;

/** The questions of one attempt. Those that are asked in the same moment are asked together. */
class Asking {
  /** Resolves when something is asked that has no answer yet. */
  readonly asked: Promise<TaskOutcome>;
  readonly #answers: Record<string, unknown>;
  readonly #questions: Question[] = [];
  #resolve: (outcome: TaskOutcome) => void = () => undefined;

  constructor(answers: Record<string, unknown>) {
    this.#answers = answers;
    this.asked = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  async ask<S extends z.ZodType>(
    name: string,
    { question, schema }: { question: string; schema: S },
  ): Promise<z.output<S>> {
    if (Object.hasOwn(this.#answers, name)) return await schema.parseAsync(this.#answers[name]);
    const wanted = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    this.#questions.push({ name, question, schema: wanted as Question['schema'] });
    setImmediate(() => this.#resolve({ is: 'asks', questions: this.#questions }));
    return await new Promise<never>(() => undefined); // the attempt ends here
  }
}
