// Refuses what nobody with the encryption key has sent to a workflow: its start, signals, queries, updates and results.
import {
  ApplicationFailure,
  log,
  type WorkflowInboundCallsInterceptor,
  type WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow';
import { PAUSE_SIGNAL, RESUME_SIGNAL } from '../contracts/job.ts';
import { INPUT_REFUSED, isRefused, mayBeMended } from '../contracts/refused.ts';

/** These signals say everything by their name. Whoever can send one by hand can as well terminate the workflow. */
const WITHOUT_ARGUMENT: readonly string[] = [PAUSE_SIGNAL, RESUME_SIGNAL];

/** The functions are not async, since a promise in a workflow is expensive, and the SDK awaits a rejection: no throw. */
export const refuseInbound: WorkflowInboundCallsInterceptor = {
  /** A run that is refused fails at once. It opens no dead letter: it never was an event. */
  execute(input, next) {
    const refused = input.args.find(isRefused);
    // An operator's mistake about a key does this to every input: the task is repeated until the mistake is mended.
    if (refused && mayBeMended(refused)) return Promise.reject(new Error(refused.message));
    if (refused === undefined && input.args.length > 0) return next(input);
    return Promise.reject(failure('the start of this workflow', refused?.message ?? 'there is no input'));
  },

  /** Any error would make Temporal repeat the workflow task for ever. */
  handleSignal(input, next) {
    const problem = problemOfSignal(input.signalName, input.args);
    if (problem === undefined) return next(input);
    log.warn('a signal is ignored', { signal: input.signalName, error: problem });
    return Promise.resolve();
  },

  handleQuery(input, next) {
    const refused = input.args.find(isRefused);
    if (refused === undefined) return next(input);
    return Promise.reject(failure(`the query ${input.queryName}`, refused.message));
  },

  validateUpdate(input, next) {
    const refusal = refusalOfUpdate(input.name, input.args);
    if (refusal) throw refusal;
    next(input);
  },

  handleUpdate(input, next) {
    const refusal = refusalOfUpdate(input.name, input.args);
    return refusal ? Promise.reject(refusal) : next(input);
  },
};

/** Somebody may complete an activity by hand. */
export const refuseOutbound: WorkflowOutboundCallsInterceptor = {
  scheduleActivity: (input, next) => next(input).then(accepted),
  scheduleLocalActivity: (input, next) => next(input).then(accepted),
};

function problemOfSignal(name: string, args: unknown[]): string | undefined {
  const refused = args.find(isRefused);
  if (refused !== undefined) return refused.message;
  return args.length > 0 || WITHOUT_ARGUMENT.includes(name) ? undefined : 'it has no argument';
}

function refusalOfUpdate(name: string, args: unknown[]): ApplicationFailure | undefined {
  const refused = args.find(isRefused);
  return refused && failure(`the update ${name}`, refused.message);
}

function accepted(result: unknown): unknown {
  if (isRefused(result)) throw failure('the result of an activity', result.message);
  return result;
}

function failure(what: string, message: string): ApplicationFailure {
  const refusal = ApplicationFailure.nonRetryable(`${what} is refused: ${message}`, INPUT_REFUSED);
  refusal.stack = ''; // the place in Surehook's code tells an operator nothing
  return refusal;
}
