// GET /dead-letters/summary: the open dead letters by what they failed with.
import { z } from 'zod';
import { toConditions } from '../../../dead-letters/conditions.ts';
import { type FailureGroup, summariseDeadLetters } from '../../../dead-letters/summary.ts';
import { deadLetterFilter } from '../../http/parameters.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { requireKnownNames } from '../known-names.ts';

const groupView = z
  .object({
    source: z.string(),
    event_type: z.string().nullable(),
    step: z.string(),
    error: z.string().describe('a code'),
    message: z
      .string()
      .nullable()
      .describe('what the step said; `…` stands for words with digits in which the messages differ'),
    count: z.int(),
    first: z.string().describe('when the first of them failed'),
    last: z.string().describe('when the last of them failed'),
    example: z
      .object({ event_id: z.string(), workflow_id: z.string(), run_id: z.string().nullable() })
      .describe('the last of them'),
  })
  .meta({ id: 'FailureGroup' }) satisfies z.ZodType<FailureGroup>;

const summaryView = z.object({
  items: z.array(groupView).describe('the largest group first'),
  dead_letters: z.int().describe('how many dead letters were read'),
  complete: z
    .boolean()
    .describe('false if there are more dead letters than are read: the oldest are left out'),
});

export const summariseDeadLettersRoute = route<OperatorDeps>()({
  method: 'get',
  path: '/dead-letters/summary',
  summary: 'Summarise dead letters',
  description:
    'Groups the dead letters by source, event type, step, code and message. One with several failed steps is in a group for each.',
  query: z.strictObject(deadLetterFilter),
  answers: { 200: { description: 'The groups', view: summaryView } },
  errors: ['invalid_parameter'],
  async handle({ temporal, config }, { query }) {
    await requireKnownNames({ temporal, config }, query);
    const { groups, deadLetters, isCut } = await summariseDeadLetters(temporal, toConditions(query));
    return reply(200, { items: groups, dead_letters: deadLetters, complete: !isCut });
  },
});
