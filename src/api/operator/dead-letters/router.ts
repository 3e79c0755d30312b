// The operator API of dead letters: list, count, export, and one at a time: show, replay, discard.
import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { EVENT_ID, SOURCE_NAME, workflowIdOf } from '../../../contracts/ids.ts';
import { toConditions } from '../../../dead-letters/conditions.ts';
import { countDeadLetters } from '../../../dead-letters/count.ts';
import { listDeadLetters } from '../../../dead-letters/list.ts';
import {
  discardDeadLetter,
  type RunAgainOutcome,
  replayDeadLetter,
} from '../../../dead-letters/run-again.ts';
import { expiryOf, openDeadLetterRunOf, untilClosed } from '../../../dead-letters/until-closed.ts';
import { listEarlierRuns } from '../../../events/earlier-runs.ts';
import { statusOf } from '../../../events/event-status.ts';
import { readEvent } from '../../../events/read-event.ts';
import { HttpError } from '../../http/errors.ts';
import type { OperatorDeps } from '../deps.ts';
import { startJob } from '../jobs/router.ts';
import { pageParameters, parseQuery, toCursor } from '../list-parameters.ts';
import { deadLetterFilter } from './dead-letter-filter.ts';
import { parseDiscard, parseReplay } from './dead-letter-requests.ts';
import { toDeadLetterView } from './dead-letter-view.ts';
import { exportDeadLetters } from './export-dead-letters.ts';

const listParameters = z.strictObject({ ...deadLetterFilter, ...pageParameters });
const countParameters = z.strictObject(deadLetterFilter);

type OneLetter = Request<{ source: string; event_id: string }>;

export function createDeadLetterRouter(deps: OperatorDeps): Router {
  const { temporal } = deps;
  const router = Router();
  router.get('/', async ({ query }, response) => {
    const { limit, cursor, ...filter } = parseQuery(listParameters, query);
    const page = await listDeadLetters(temporal, toConditions(filter), { limit, pageToken: cursor });
    const next_cursor = page.nextPageToken ? toCursor(page.nextPageToken) : null;
    response.json({ items: page.items, next_cursor });
  });
  router.get('/count', async ({ query }, response) => {
    response.json({ count: await countDeadLetters(temporal, parseQuery(countParameters, query)) });
  });
  router.get('/export', async ({ query }, response) => {
    await exportDeadLetters(deps, toConditions(parseQuery(countParameters, query)), response);
  });
  router.post('/replay', (request, response) => startJob(deps, 'replay', request, response));
  router.post('/discard', (request, response) => startJob(deps, 'discard', request, response));
  router.get('/:source/:event_id', async (request: OneLetter, response) => {
    response.json(await showDeadLetter(deps, request.params));
  });
  router.post('/:source/:event_id/replay', async (request: OneLetter, response) => {
    const source = deps.config.sources.get(request.params.source);
    const replay = await parseReplay(request, response, source);
    await runAgain(deps, request, response, 'replayed', async (name) => {
      return await replayDeadLetter(deps, { ...name, ...replay });
    });
  });
  router.post('/:source/:event_id/discard', async (request: OneLetter, response) => {
    const reason = await parseDiscard(request, response);
    await runAgain(deps, request, response, 'discarded', async (name) => {
      return await discardDeadLetter(deps, { ...name, reason });
    });
  });
  return router;
}

async function showDeadLetter({ temporal, webUi }: OperatorDeps, params: OneLetter['params']) {
  const { workflowId } = nameOf(params);
  const run = await readEvent(temporal, workflowId);
  if (!run) throw notFound(params);
  const status = statusOf(run);
  if (status !== 'failed') throw notDead(params, status);
  const earlier_runs = await listEarlierRuns(temporal, workflowId, run.description.runId);
  return { ...toDeadLetterView(run, webUi), ...(await expiryOf(temporal, workflowId)), earlier_runs };
}

/** It is durable at once; the answer waits until list and count tell of it, too. */
async function runAgain(
  { temporal, log }: OperatorDeps,
  { params }: OneLetter,
  response: Response,
  status: 'replayed' | 'discarded',
  run: (name: { source: string; eventId: string }) => Promise<RunAgainOutcome>,
): Promise<void> {
  const { source, eventId, workflowId } = nameOf(params);
  const deadLetterRunId = await openDeadLetterRunOf(temporal, workflowId);
  const result = await run({ source, eventId });
  switch (result.outcome) {
    case 'event_not_found':
      throw notFound(params);
    case 'not_dead_letter':
      throw notDead(params, result.status);
    case 'done_by_job': // no job has asked
    case 'already_done':
      throw new HttpError(
        'already_replayed',
        `event ${eventId} of source ${source} was replayed, resent or discarded by somebody else just now`,
      );
    case 'started': {
      const ids = { source, event_id: eventId, workflow_id: workflowId, run_id: result.runId };
      log.info({ ...ids, status }, 'dead letter closed by an operator');
      await untilClosed(temporal, workflowId, deadLetterRunId);
      response.status(202).json({ status, ...ids });
    }
  }
}

function nameOf({ source, event_id }: OneLetter['params']) {
  if (!SOURCE_NAME.test(source) || !EVENT_ID.test(event_id)) throw notFound({ source, event_id });
  return { source, eventId: event_id, workflowId: workflowIdOf(source, event_id) };
}

function notFound({ source, event_id }: OneLetter['params']): HttpError {
  return new HttpError('event_not_found', `there is no event ${event_id} of source ${source}`);
}

function notDead({ source, event_id }: OneLetter['params'], status: string): HttpError {
  const detail = `event ${event_id} of source ${source} is no dead letter: it is ${status}`;
  return new HttpError('not_dead_letter', detail, { members: { event_status: status } });
}
