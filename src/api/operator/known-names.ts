// Refuses a filter by a name that neither the config nor the data know, with the names that exist.
import type { Config } from '../../config/config.ts';
import type { JobFilter } from '../../contracts/job.ts';
import { SEARCH_ATTRIBUTES } from '../../contracts/search-attributes.ts';
import { CALLBACK_STEP, RUN_AGENT_TASK, SOURCES_OF_CLIENTS } from '../../contracts/task.ts';
import type { Temporal } from '../../temporal/connection.ts';
import { ANY_DIVISION, listPage, quote } from '../../temporal/visibility.ts';
import { HttpError } from '../http/errors.ts';
import type { OperatorDeps } from './deps.ts';

interface KnownNames {
  temporal: Temporal;
  config: Pick<Config, 'sources' | 'endpoints'>;
}

const DELIVER = 'deliver:';
/** A round of the work of a task. */
const WORK_STEP = /^work:\d+$/;

/** @throws HttpError `invalid_parameter` */
export async function requireKnownNames(deps: KnownNames, filter: Filter): Promise<void> {
  const fault = await findUnknownName(deps, filter);
  if (fault !== undefined) throw new HttpError('invalid_parameter', fault);
}

type Filter = Pick<JobFilter, 'source' | 'step'>;

/**
 * A name that has left the config may still be that of older events, so Temporal is asked about a name that the config
 * does not have.
 *
 * @returns what is wrong with the first name that nobody knows, with the field before it
 */
export async function findUnknownName(
  { temporal, config }: KnownNames,
  { source, step }: Filter,
): Promise<string | undefined> {
  if (source !== undefined && !isSource(config, source)) {
    if (!(await isInData(temporal, SEARCH_ATTRIBUTES.source.name, source)))
      return `source: ${unknown('source', source, config.sources)}`;
  }
  if (step !== undefined && !isStepOf(config, step)) {
    if (!(await isInData(temporal, SEARCH_ATTRIBUTES.failedStep.name, step)))
      return `step: ${unknownStep(step, config)}`;
  }
  return undefined;
}

/** Whether events or tasks may have this source: one of the config, or one of the agent API. */
export function isSource({ sources }: Pick<Config, 'sources'>, name: string): boolean {
  return sources.has(name) || SOURCES_OF_CLIENTS.includes(name);
}

function isStepOf({ endpoints }: KnownNames['config'], step: string): boolean {
  if (step === CALLBACK_STEP || WORK_STEP.test(step)) return true;
  return step === 'handler' || (step.startsWith(DELIVER) && endpoints.has(step.slice(DELIVER.length)));
}

function unknownStep(step: string, { endpoints }: KnownNames['config']): string {
  if (step.startsWith(DELIVER)) return unknown('endpoint', step.slice(DELIVER.length), endpoints);
  return `expected handler, or ${DELIVER}<endpoint>`;
}

/** Such as `there is no source typo; there are: github, stripe`. */
export function unknown(
  what: string,
  name: string,
  known: Pick<ReadonlyMap<string, unknown>, 'keys'>,
): string {
  const names = [...known.keys()];
  if (names.length === 0) return `there is no ${what} ${name}; the config has none`;
  return `there is no ${what} ${name}; there ${names.length === 1 ? 'is' : 'are'}: ${names.join(', ')}`;
}

/**
 * As `requireKnownNames`, for the filters of tasks.
 *
 * @throws HttpError `invalid_parameter`
 */
export async function requireKnownTasks(
  { temporal, config, clients }: Pick<OperatorDeps, 'temporal' | 'config' | 'clients'>,
  { client, type }: { client?: string | undefined; type?: string | undefined },
): Promise<void> {
  const isNew = async (attribute: string, value: string) =>
    !(await isInData(temporal, attribute, value, `WorkflowType = '${RUN_AGENT_TASK}'`));
  if (client !== undefined && !clients.has(client) && (await isNew(SEARCH_ATTRIBUTES.client.name, client)))
    throw new HttpError('invalid_parameter', `client: ${unknown('client', client, clients)}`);
  if (type !== undefined && !config.tasks.has(type) && (await isNew(SEARCH_ATTRIBUTES.eventType.name, type)))
    throw new HttpError('invalid_parameter', `type: ${unknown('task type', type, config.tasks)}`);
}

async function isInData(
  temporal: Temporal,
  attribute: string,
  value: string,
  among = ANY_DIVISION,
): Promise<boolean> {
  const query = `${attribute} = ${quote(value)} AND ${among}`;
  return (await listPage(temporal, { query, limit: 1 })).rows.length > 0;
}
