// Accepts a task of a client, whichever face it came by: checks its input, then starts its workflow.
import type { TaskTypeConfig } from '../../config/config.ts';
import { CLIENT_URL_MARK, type TextOrigin } from '../../config/define-task.ts';
import type { Callback } from '../../contracts/task.ts';
import { type NewTask, type StartedTask, startTask, taskIdOf } from '../../tasks/start-task.ts';
import { inTime } from '../../temporal/in-time.ts';
import { checkClientUrl } from '../http/check-client-url.ts';
import { HttpError } from '../http/errors.ts';
import type { AgentDeps } from './deps.ts';

/** As of a webhook: the client gets its answer within 3 s. */
const CONFIRM_WITHIN_MS = 2_500;
const CHECK_WITHIN_MS = 1_000;
const AGAIN = { 'retry-after': '5' };

export interface TaskRequest extends Omit<NewTask, 'type' | 'input'> {
  typeName: string;
  /** JSON, or plain text of which the task type makes JSON. */
  given: { input: unknown } | { text: string; origin?: TextOrigin };
}

/** Starts of this process whose answer from Temporal is still to come, by task id. */
const starting = new Set<string>();

/**
 * @throws HttpError `unknown_task_type`, `invalid_input`, `too_many_tasks`, `idempotency_in_progress`,
 *   `idempotency_conflict`, or `not_queued` unless Temporal has the task for sure
 */
export async function acceptTask(
  deps: AgentDeps,
  { typeName, given, ...request }: TaskRequest,
): Promise<{ taskId: string; isNew: boolean }> {
  const type = requireType(deps, typeName);
  const input = await checkInput(deps, type, given);
  checkUrls(deps, type, input);
  await deps.underWay.enter(request.client);
  const started = await confirm(deps, { ...request, type, input });
  if (started.outcome === 'conflict') {
    const detail =
      'Idempotency-Key: another request of yours has this key; give each request a key of its own';
    throw new HttpError('idempotency_conflict', detail);
  }
  const { client } = request;
  const { outcome, taskId: task_id } = started;
  deps.log.info({ client, task_id, task_type: type.name, outcome }, 'task accepted');
  return { taskId: task_id, isNew: outcome === 'started' };
}

export function requireType({ config }: Pick<AgentDeps, 'config'>, name: string): TaskTypeConfig {
  const type = config.tasks.get(name);
  if (type) return type;
  const names = [...config.tasks.keys()];
  const known = names.length > 0 ? `there are: ${names.join(', ')}` : 'the config has none';
  throw new HttpError('unknown_task_type', `there is no task type ${name.slice(0, 64)}; ${known}`);
}

/** @throws HttpError `url_not_allowed` that names the field */
function checkUrls({ guard }: AgentDeps, { inputSchema }: TaskTypeConfig, input: unknown): void {
  const fields = Object.entries((inputSchema.properties ?? {}) as Record<string, Record<string, unknown>>);
  for (const [name, schema] of fields) {
    const url = (input as Record<string, unknown> | null)?.[name];
    if (schema[CLIENT_URL_MARK] && typeof url === 'string') checkClientUrl(name, url, guard);
  }
}

async function checkInput(
  { checkTaskInput }: AgentDeps,
  { name }: TaskTypeConfig,
  given: TaskRequest['given'],
): Promise<unknown> {
  const isText = 'text' in given;
  const call = isText
    ? { type: name, input: given.text, isText, origin: given.origin ?? {} }
    : { type: name, input: given.input };
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), CHECK_WITHIN_MS);
  const checked = checkTaskInput(call, limit.signal);
  const result = await inTime(CHECK_WITHIN_MS, checked, 'no answer').catch(() => undefined);
  clearTimeout(timer);
  if (result === undefined) {
    const detail = `the schema of the task type gave no answer within ${CHECK_WITHIN_MS / 1_000} s; send it again later`;
    throw new HttpError('payload_unchecked', detail, { headers: AGAIN });
  }
  if (result.ok) return isText ? result.input : given.input;
  const [first] = result.issues;
  throw new HttpError('invalid_input', `${first?.path || 'the input'}: ${first?.message}`, {
    members: { errors: result.issues },
  });
}

async function confirm(deps: AgentDeps, task: NewTask): Promise<StartedTask> {
  const { client, idempotencyKey } = task;
  const id = idempotencyKey === undefined ? undefined : taskIdOf(client, idempotencyKey);
  if (id !== undefined && starting.has(id)) {
    const detail =
      'Idempotency-Key: the first request with this key is under way; send this one again in a second';
    throw new HttpError('idempotency_in_progress', detail, { headers: { 'retry-after': '1' } });
  }
  const admitted = deps.admission.enter();
  if (!admitted) throw notQueued('Temporal is behind with earlier work; send it again later');
  if (id !== undefined) starting.add(id);
  const started = startTask(deps, task).finally(() => {
    admitted.leave();
    if (id !== undefined) starting.delete(id);
  });
  try {
    const outcome = await inTime(CONFIRM_WITHIN_MS, started, 'no confirmation');
    admitted.inTime();
    return outcome;
  } catch (error) {
    admitted.tooLate();
    deps.log.error({ client, task_type: task.type.name, error: String(error) }, 'task not queued');
    const next =
      id === undefined ? 'it may have begun or not' : 'send it again with the same Idempotency-Key';
    throw notQueued(`Temporal did not confirm the task in time; ${next}`);
  }
}

export function notQueued(detail: string): HttpError {
  return new HttpError('not_queued', detail, { headers: AGAIN });
}

/** The callback of the own API is one per task. */
export function ownCallback(url: string, secret: string): Callback {
  return { id: OWN_CALLBACK, format: 'own', url, secrets: [secret] };
}

export const OWN_CALLBACK = 'own';
