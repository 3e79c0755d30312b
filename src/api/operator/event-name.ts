// How a path names an event: by its source and its id.
import { z } from 'zod';
import type { Config } from '../../config/config.ts';
import { isEventId, workflowIdOfEvent } from '../../contracts/event-key.ts';
import { SOURCE_NAME } from '../../contracts/ids.ts';
import { HttpError } from '../http/errors.ts';
import { isSource, unknown } from './known-names.ts';

export const eventParams = z.object({
  source: z.string().describe('the name of the source'),
  event_id: z.string().describe('the id of the event, percent-encoded'),
});

export type EventParams = z.output<typeof eventParams>;

/** @throws HttpError `event_not_found` for a name that no event can have */
export function nameOf({ source, event_id }: EventParams) {
  if (!SOURCE_NAME.test(source) || !isEventId(event_id)) throw eventNotFound({ source, event_id });
  return { source, eventId: event_id, workflowId: workflowIdOfEvent(source, event_id) };
}

/** @param config names the sources that exist, if the event's is not one of them */
export function eventNotFound(params: EventParams, config?: Pick<Config, 'sources'>): HttpError {
  const { source } = params;
  const why =
    config === undefined || isSource(config, source) ? '' : `: ${unknown('source', source, config.sources)}`;
  return new HttpError('event_not_found', `there is no ${describeEvent(params)}${why}`);
}

export const describeEvent = ({ source, event_id }: EventParams) => `event ${event_id} of source ${source}`;
