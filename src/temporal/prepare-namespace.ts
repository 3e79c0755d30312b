// Prepares a namespace: registers the search attributes, and warns of a retention that is too short for deduplication.
import { setTimeout as delay } from 'node:timers/promises';
import proto from '@temporalio/proto';
import type { Logger } from 'pino';
import { ConfigError } from '../config/config-error.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import type { Temporal } from './connection.ts';
import { retentionMsOf, setRetention } from './retention.ts';

const { IndexedValueType } = proto.temporal.api.enums.v1;
const INDEXED_VALUE_TYPES = {
  KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  KEYWORD_LIST: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
  DATETIME: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
} as const;
/** The longest time for which a sender of the schemes retries by itself: Stripe resends for three days. */
const RETRY_WINDOW_MS = 3 * 24 * 3_600_000;
const SEARCHABLE_WITHIN_MS = 15_000;
const SEARCHABLE_POLL_MS = 200;

/**
 * @param retentionDays set only in dev, where the namespace is ours
 * @throws ConfigError with what to register, if the server does not let us, as Temporal Cloud does not
 */
export async function prepareNamespace(
  temporal: Temporal,
  log: Logger,
  retentionDays?: number,
): Promise<void> {
  const { connection, namespace } = temporal;
  if (retentionDays !== undefined) await setRetention(connection, namespace, retentionDays);
  await warnOfShortRetention(temporal, log);
  const missing = await missingAttributes(temporal);
  if (missing.length === 0) return;
  try {
    await temporal.connection.operatorService.addSearchAttributes({
      namespace: temporal.namespace,
      searchAttributes: Object.fromEntries(
        missing.map(({ name, type }) => [name, INDEXED_VALUE_TYPES[type]]),
      ),
    });
  } catch (error) {
    throw new ConfigError(
      `TEMPORAL_NAMESPACE: namespace '${temporal.namespace}' lacks search attributes and does not let us add them; register ${list(missing)}, then start again (${(error as Error).message})`,
    );
  }
  await untilSearchable(temporal, missing);
  log.info({ attributes: missing.map(({ name }) => name) }, 'search attributes registered');
}

/** A server with its own database knows new attributes only after 1 to 2 s. A start with one of them fails until then. */
async function untilSearchable(
  { connection, namespace }: Temporal,
  attributes: { name: string }[],
): Promise<void> {
  const query = attributes.map(({ name }) => `${name} IS NULL`).join(' AND ');
  const deadline = Date.now() + SEARCHABLE_WITHIN_MS;
  for (;;) {
    try {
      return void (await connection.workflowService.countWorkflowExecutions({ namespace, query }));
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(SEARCHABLE_POLL_MS);
    }
  }
}

async function missingAttributes({ connection, namespace }: Temporal) {
  const known = await knownAttributes({ connection, namespace });
  return Object.values(SEARCH_ATTRIBUTES).filter(({ name }) => !known.has(name));
}

/** Falls back on the workflow service's list, which Temporal Cloud answers too. */
async function knownAttributes({ connection, namespace }: Pick<Temporal, 'connection' | 'namespace'>) {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return new Set(Object.keys(customAttributes ?? {}));
  } catch {
    const { keys } = await connection.workflowService.getSearchAttributes({});
    return new Set(Object.keys(keys ?? {}));
  }
}

async function warnOfShortRetention({ connection, namespace }: Temporal, log: Logger): Promise<void> {
  const retentionMs = retentionMsOf(await describeNamespace(connection, namespace));
  if (retentionMs >= RETRY_WINDOW_MS) return;
  log.warn(
    { namespace, retention_hours: retentionMs / 3_600_000 },
    'events older than the retention of the namespace are not recognised as duplicates; senders such as Stripe retry for 3 days: raise it to 30 days',
  );
}

async function describeNamespace(connection: Temporal['connection'], namespace: string) {
  try {
    return await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    throw new ConfigError(
      `TEMPORAL_NAMESPACE: namespace '${namespace}' cannot be used: ${(error as { details?: string }).details || (error as Error).message}; create it or set TEMPORAL_NAMESPACE`,
    );
  }
}

/** As Temporal's own command writes them. */
const TYPE_NAMES = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList', DATETIME: 'Datetime' } as const;

function list(attributes: readonly { name: string; type: keyof typeof TYPE_NAMES }[]): string {
  return attributes.map(({ name, type }) => `${name} (${TYPE_NAMES[type]})`).join(', ');
}
