// GET /dead-letters/count: how many dead letters are open.
import { z } from 'zod';
import { countDeadLetters } from '../../../dead-letters/count.ts';
import { deadLetterFilter } from '../../http/parameters.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { requireKnownNames } from '../known-names.ts';

const countView = z.object({ count: z.int() });

export const countDeadLettersRoute = route<OperatorDeps>()({
  method: 'get',
  path: '/dead-letters/count',
  summary: 'Count dead letters',
  query: z.strictObject(deadLetterFilter),
  answers: { 200: { description: 'How many there are', view: countView } },
  errors: ['invalid_parameter'],
  async handle({ temporal, config }, { query }) {
    await requireKnownNames({ temporal, config }, query);
    return reply(200, { count: await countDeadLetters(temporal, query) });
  },
});
