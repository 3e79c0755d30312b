// Refuses a filter by a name that neither the config nor the data know, with the names that exist.
import type { Config } from '../../config/config.ts';
import type { JobFilter } from '../../contracts/job.ts';
import { SEARCH_ATTRIBUTES } from '../../contracts/search-attributes.ts';
import type { Temporal } from '../../temporal/connection.ts';
import { ANY_DIVISION, listPage, quote } from '../../temporal/visibility.ts';
import { HttpError } from '../http/errors.ts';

interface KnownNames {
  temporal: Temporal;
  config: Pick<Config, 'sources' | 'endpoints'>;
}

const DELIVER = 'deliver:';

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
  if (source !== undefined && !config.sources.has(source)) {
    if (!(await isInData(temporal, SEARCH_ATTRIBUTES.source.name, source)))
      return `source: ${unknown('source', source, config.sources)}`;
  }
  if (step !== undefined && !isStepOf(config, step)) {
    if (!(await isInData(temporal, SEARCH_ATTRIBUTES.failedStep.name, step)))
      return `step: ${unknownStep(step, config)}`;
  }
  return undefined;
}

function isStepOf({ endpoints }: KnownNames['config'], step: string): boolean {
  return step === 'handler' || (step.startsWith(DELIVER) && endpoints.has(step.slice(DELIVER.length)));
}

function unknownStep(step: string, { endpoints }: KnownNames['config']): string {
  if (step.startsWith(DELIVER)) return unknown('endpoint', step.slice(DELIVER.length), endpoints);
  return `expected handler, or ${DELIVER}<endpoint>`;
}

/** Such as `there is no source typo; there are: github, stripe`. */
export function unknown(what: string, name: string, known: ReadonlyMap<string, unknown>): string {
  const names = [...known.keys()];
  if (names.length === 0) return `there is no ${what} ${name}; the config has none`;
  return `there is no ${what} ${name}; there ${names.length === 1 ? 'is' : 'are'}: ${names.join(', ')}`;
}

async function isInData(temporal: Temporal, attribute: string, value: string): Promise<boolean> {
  const query = `${attribute} = ${quote(value)} AND ${ANY_DIVISION}`;
  return (await listPage(temporal, { query, limit: 1 })).rows.length > 0;
}
