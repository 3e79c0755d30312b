// POST /dead-letters/{source}/{event_id}/discard: discards one dead letter, which ends it for good.
import { z } from 'zod';
import { discardDeadLetter } from '../../../dead-letters/run-again.ts';
import { route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { eventParams } from '../event-name.ts';
import { ACTION_BODY_MAX_BYTES, reasonField } from './action-bodies.ts';
import { answerRunAgain, discardedView } from './answer-run-again.ts';

export const discardDeadLetterRoute = route<OperatorDeps>()({
  method: 'post',
  path: '/dead-letters/{source}/{event_id}/discard',
  summary: 'Discard one dead letter',
  description: 'The event stays on record with the reason. A resend of the event is a duplicate.',
  params: eventParams,
  body: { schema: z.strictObject({ reason: reasonField }), limit: ACTION_BODY_MAX_BYTES },
  answers: { 202: { description: 'The dead letter is discarded', view: discardedView } },
  errors: [
    'event_not_found',
    'not_dead_letter',
    'already_replayed',
    'invalid_json',
    'payload_too_large',
    'payload_unreadable',
  ],
  handle: async (deps, { params, body: { reason } }) =>
    await answerRunAgain(deps, params, 'discarded', (name) => discardDeadLetter(deps, { ...name, reason })),
});
