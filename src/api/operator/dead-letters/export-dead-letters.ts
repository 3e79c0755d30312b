// GET /dead-letters/export: streams dead letters as NDJSON, as fast as they are read.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { z } from 'zod';
import { toConditions } from '../../../dead-letters/conditions.ts';
import { type DeadLetterItem, listDeadLetters } from '../../../dead-letters/list.ts';
import { statusOf } from '../../../events/event-status.ts';
import { readEvent } from '../../../events/read-event.ts';
import { DecryptionError } from '../../../payloads/encryption-codec.ts';
import { BodyLostError } from '../../../storage/errors.ts';
import type { Temporal } from '../../../temporal/connection.ts';
import { deadLetterFilter } from '../../http/parameters.ts';
import { route, SENT } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { requireKnownNames } from '../known-names.ts';
import { toDeadLetterView } from './dead-letter-view.ts';

const PAGE_SIZE = 100;
/** Dead letters that are read at once. Each has a payload of up to 2 MB, or 16 MiB with a storage of large bodies. */
const AT_ONCE = 8;

export const exportDeadLettersRoute = route<OperatorDeps>()({
  method: 'get',
  path: '/dead-letters/export',
  summary: 'Export dead letters',
  description:
    'Each line is one whole dead letter in JSON; if its payload cannot be read, its ids and an `error`.',
  query: z.strictObject(deadLetterFilter),
  answers: { 200: { description: 'One JSON object per line', contentType: 'application/x-ndjson' } },
  errors: ['invalid_parameter', 'storage_unavailable'],
  async handle(deps, { query, response }) {
    await requireKnownNames(deps, query);
    const lines = toLines(deps, listAll(deps.temporal, toConditions(query)));
    const first = await lines.next(); // until the first line, a fault is answered as an error
    response.type('application/x-ndjson');
    if (first.done) response.end();
    else await send(deps, first.value, lines, response);
    return SENT;
  },
});

async function send(
  { log }: OperatorDeps,
  first: string,
  rest: AsyncGenerator<string>,
  response: Response,
): Promise<void> {
  const lines = async function* () {
    yield first;
    yield* rest;
  };
  try {
    await pipeline(Readable.from(lines(), { objectMode: true, highWaterMark: 1 }), response);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    log.info('export ended early: its reader has left');
  }
}

async function* listAll(temporal: Temporal, conditions: string[]): AsyncGenerator<DeadLetterItem> {
  let pageToken: Uint8Array | undefined;
  do {
    const page = await listDeadLetters(temporal, conditions, { limit: PAGE_SIZE, pageToken });
    yield* page.items;
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
}

/** Yields the lines in order, and reads `AT_ONCE` dead letters ahead. */
async function* toLines(deps: OperatorDeps, items: AsyncGenerator<DeadLetterItem>): AsyncGenerator<string> {
  const reading: Promise<string>[] = [];
  for await (const item of items) {
    const line = toLine(deps, item);
    line.catch(() => undefined); // the loop gets the error when it comes to this line
    reading.push(line);
    if (reading.length >= AT_ONCE) yield (await reading.shift()) as string;
  }
  for (const line of reading) yield await line;
}

/** The line of a dead letter; empty if its event has ceased to be one. */
async function toLine({ temporal, webUi }: OperatorDeps, item: DeadLetterItem): Promise<string> {
  try {
    const run = await readEvent(temporal, item.workflow_id);
    if (run === undefined || statusOf(run) !== 'failed') return '';
    const { failed_at, expires_at } = item;
    const view = await toDeadLetterView(run, webUi);
    return `${JSON.stringify({ ...view, failed_at, expires_at })}\n`;
  } catch (error) {
    if (!(error instanceof DecryptionError || error instanceof BodyLostError)) throw error;
    const { source, event_id, event_type, failed_at, workflow_id, run_id } = item;
    const ids = { source, event_id, event_type, failed_at, workflow_id, run_id };
    return `${JSON.stringify({ ...ids, error: error.message })}\n`;
  }
}
