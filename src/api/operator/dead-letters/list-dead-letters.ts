// GET /dead-letters: the open dead letters, the latest first.
import { z } from 'zod';
import { toConditions } from '../../../dead-letters/conditions.ts';
import { listDeadLetters } from '../../../dead-letters/list.ts';
import { deadLetterFilter, pageParameters, toCursor, toPageToken } from '../../http/parameters.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { requireKnownNames } from '../known-names.ts';
import { deadLetterPageView } from './dead-letter-view.ts';

export const listDeadLettersRoute = route<OperatorDeps>()({
  method: 'get',
  path: '/dead-letters',
  summary: 'List dead letters',
  description: 'Events whose latest run has failed, the latest first.',
  query: z.strictObject({ ...deadLetterFilter, ...pageParameters }),
  answers: {
    200: { description: 'One page. It may hold fewer items than `limit`.', view: deadLetterPageView },
  },
  errors: ['invalid_parameter'],
  async handle({ temporal, config }, { query: { limit, cursor, ...filter } }) {
    await requireKnownNames({ temporal, config }, filter);
    const page = await listDeadLetters(temporal, toConditions(filter), {
      limit,
      pageToken: toPageToken(temporal.codec, cursor),
    });
    return reply(200, { items: page.items, next_cursor: toCursor(temporal.codec, page.nextPageToken) });
  },
});
