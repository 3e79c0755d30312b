// Replays or discards one dead letter, for the API or for the activity of a bulk job.
import { createHash } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { CallbackTarget } from '../contracts/callback.ts';
import { metaOf, type ProcessEventInput, type ReplayFrom, type Rerun } from '../contracts/event.ts';
import { workflowIdOfEvent } from '../contracts/event-key.ts';
import { type AgentTaskInput, RUN_AGENT_TASK } from '../contracts/task.ts';
import { type EventStatus, statusOf } from '../events/event-status.ts';
import { planSteps } from '../events/plan-steps.ts';
import { type EventRun, type JobPartId, readEvent, succeededSteps } from '../events/read-event.ts';
import { type StartRunDeps, startDiscard, startRerun, startTaskRerun } from '../events/start-run.ts';
import { RawBody } from '../payloads/raw-body.ts';

/** Hexadecimal digits: 128 bits, as of the `webhook-id` that is made of them. */
const DIGEST_LENGTH = 32;

export interface DeadLetterDeps extends StartRunDeps {
  config: Config;
}

interface EventName {
  source: string;
  eventId: string;
  /** The job part that asks; undefined for an operator. */
  job?: JobPartId;
  /** The failed run, if a later run must not be taken for it. */
  failedRunId?: string | undefined;
}

export interface Replay extends EventName {
  from: ReplayFrom;
  /** Another address of the client, for an event that goes to one. */
  target?: CallbackTarget;
  /** Replaces the body of the failed run: of the same kind, without a content encoding. */
  payload?: Uint8Array;
}

export interface Discard extends EventName {
  reason: string;
}

/** `already_done`: somebody else, or a resend, was first. `done_by_job`: the job that asks has done it. */
export type RunAgainOutcome =
  | { outcome: 'started'; workflowId: string; runId: string }
  | { outcome: 'event_not_found' }
  | { outcome: 'not_dead_letter'; status: EventStatus }
  | { outcome: 'already_done' }
  | { outcome: 'done_by_job'; job: JobPartId };

export async function replayDeadLetter(
  deps: DeadLetterDeps,
  { from, payload, target, ...name }: Replay,
): Promise<RunAgainOutcome> {
  const needsBody = payload === undefined; // the old body or its key may be lost
  return await runAgain(deps, { ...name, needsBody }, async (run) => {
    const { input, body, description } = run;
    const at = new Date().toISOString();
    const rerun: Rerun = { of: description.runId, how: 'replayed', at, from, ...name.job };
    if (description.type === RUN_AGENT_TASK) return await replayTask(deps, run, rerun, payload);
    const { rerun: _last, checkpoint: _old, ...event } = payload ? withoutEncoding(input) : input;
    if (payload !== undefined) {
      rerun.payload_corrected = true;
      event.correction = createHash('sha256').update(payload).digest('hex').slice(0, DIGEST_LENGTH);
    }
    const checkpoint = from === 'start' ? [] : succeededSteps(run);
    const sourceNow = deps.config.sources.get(name.source);
    // If the source has left the config, the old plan stays: its steps fail as those of a running event do.
    const steps = sourceNow ? planSteps(sourceNow, event.event_type, deps.config) : event.steps;
    const encoding = event.body_kind === undefined ? 'json/plain' : 'binary/plain';
    const newBody = payload ? new RawBody(payload, encoding) : (body as RawBody);
    const to = target ? { target } : {};
    return await startRerun(deps, { ...event, ...to, steps, checkpoint, rerun }, newBody);
  });
}

/** JSON that came in a content encoding is plain JSON once it is corrected. */
function withoutEncoding({ headers, body_kind, ...event }: ProcessEventInput): ProcessEventInput {
  const { 'content-encoding': _encoding, ...kept } = headers;
  const isPlainJson = body_kind === undefined || body_kind === 'json';
  return { ...event, headers: kept, ...(isPlainJson ? {} : { body_kind }) };
}

/** The work is done again, whatever `from` says: it is one step. What its client has answered stays answered. */
async function replayTask(
  deps: DeadLetterDeps,
  { input, body, description, state }: EventRun,
  rerun: Rerun,
  payload: Uint8Array | undefined,
): Promise<string | undefined> {
  if (payload !== undefined) rerun.payload_corrected = true;
  const { rerun: _last, ...given } = input as unknown as AgentTaskInput;
  const { callbacks, notices, answers } = { ...given, ...state };
  const told = { callbacks, ...(notices ? { notices } : {}), ...(answers ? { answers } : {}) };
  const newBody = payload ? new RawBody(payload, 'json/plain') : (body as RawBody);
  return await startTaskRerun(deps, { ...given, ...told, rerun }, newBody, { ...description.memo });
}

export async function discardDeadLetter(
  deps: DeadLetterDeps,
  { reason, ...name }: Discard,
): Promise<RunAgainOutcome> {
  return await runAgain(deps, { ...name, needsBody: false }, async ({ input, description }) => {
    const { steps } = input;
    const event = metaOf(input);
    const at = new Date().toISOString();
    return await startDiscard(deps, { event, steps, of: description.runId, reason, at, ...name.job });
  });
}

async function runAgain(
  { temporal }: DeadLetterDeps,
  { source, eventId, job, failedRunId, needsBody }: EventName & { needsBody: boolean },
  start: (failed: EventRun) => Promise<string | undefined>,
): Promise<RunAgainOutcome> {
  const workflowId = workflowIdOfEvent(source, eventId);
  const run = await readEvent(temporal, workflowId, needsBody);
  if (run === undefined) return { outcome: 'event_not_found' };
  const own = doneBy(run, job);
  if (own) return own;
  const status = statusOf(run);
  if (status !== 'failed') return { outcome: 'not_dead_letter', status };
  if (failedRunId !== undefined && failedRunId !== run.description.runId) return { outcome: 'already_done' };
  const runId = await start(run);
  if (runId !== undefined) return { outcome: 'started', workflowId, runId };
  // Another attempt of the same job part may still be under way, on a worker that was thought lost.
  const latest = job && (await readEvent(temporal, workflowId, false));
  return (latest && doneBy(latest, job)) ?? { outcome: 'already_done' };
}

function doneBy({ input, discarded }: EventRun, job: JobPartId | undefined): RunAgainOutcome | undefined {
  const { job_id, job_part }: Partial<JobPartId> = (discarded ? discarded.job : input.rerun) ?? {};
  if (job === undefined || job_id !== job.job_id) return undefined;
  return { outcome: 'done_by_job', job: { job_id, job_part } };
}
