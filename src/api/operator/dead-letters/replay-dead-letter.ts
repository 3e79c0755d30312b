// POST /dead-letters/{source}/{event_id}/replay: replays one dead letter, as it was or with a corrected payload.
import { z } from 'zod';
import { BodyFault } from '../../../bodies/body-fault.ts';
import { type BodyFormat, formatOf } from '../../../bodies/body-format.ts';
import { toJsonText } from '../../../bodies/parse-body.ts';
import { writeBody } from '../../../bodies/show-body.ts';
import type { SourceConfig } from '../../../config/config.ts';
import { parseExactly } from '../../../contracts/exact-json.ts';
import { INLINE_MAX_BYTES } from '../../../contracts/limits.ts';
import { replayDeadLetter } from '../../../dead-letters/run-again.ts';
import { readEvent } from '../../../events/read-event.ts';
import { checkSchema } from '../../http/check-schema.ts';
import { HttpError } from '../../http/errors.ts';
import { parseJson } from '../../http/parse-json.ts';
import { route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { type EventParams, eventParams, nameOf } from '../event-name.ts';
import { ACTION_BODY_MAX_BYTES, fromField } from './action-bodies.ts';
import { answerRunAgain, replayedView } from './answer-run-again.ts';

export const replayDeadLetterRoute = route<OperatorDeps>()({
  method: 'post',
  path: '/dead-letters/{source}/{event_id}/replay',
  summary: 'Replay one dead letter',
  params: eventParams,
  body: {
    schema: z.strictObject({
      from: fromField,
      payload: z
        .unknown()
        .describe('a payload that replaces the one that failed, in the form in which the event shows it')
        .optional(),
    }),
    limit: ({ config }, { source = '' }) =>
      maxPayloadBytes(config.sources.get(source)) + ACTION_BODY_MAX_BYTES,
  },
  answers: { 202: { description: 'The event runs again', view: replayedView } },
  errors: [
    'event_not_found',
    'not_dead_letter',
    'already_replayed',
    'invalid_json',
    'invalid_payload',
    'payload_unchecked',
    'payload_too_large',
    'payload_unreadable',
    'storage_unavailable',
  ],
  async handle(deps, { params, body: { from }, rawBody }) {
    const payload = await readPayload(deps, params, rawBody);
    const replay = { from, ...(payload ? { payload } : {}) };
    return await answerRunAgain(deps, params, 'replayed', (name) =>
      replayDeadLetter(deps, { ...name, ...replay }),
    );
  },
});

/** A source that is not in the config any more has no limit of its own, so Temporal's limit holds. */
const maxPayloadBytes = (source: SourceConfig | undefined) => source?.maxBodyBytes ?? INLINE_MAX_BYTES;

/**
 * @returns the corrected payload as it is written in the request, or made into a body of the kind of the event's; undefined
 * if the request has no payload
 * @throws HttpError `invalid_payload` or `payload_too_large`
 */
async function readPayload(
  { temporal, config, checkPayload }: OperatorDeps,
  params: EventParams,
  rawBody: Buffer,
): Promise<Uint8Array | undefined> {
  const given = rawBody.length === 0 ? {} : (parseJson(rawBody) as { payload?: unknown });
  if (!Object.hasOwn(given, 'payload')) return undefined;
  const source = config.sources.get(params.source);
  const run = await readEvent(temporal, nameOf(params).workflowId, false);
  const { contentEncoding: _encoding, ...format } = run ? formatOf(run.input) : { kind: 'json' as const };
  // Keeps numbers as they were written, since JavaScript would round large numbers.
  const { payload } = parseExactly(toJsonText(rawBody)) as { payload: unknown };
  const written = write(format.kind === 'json' ? payload : given.payload, format);
  const most = maxPayloadBytes(source);
  if (written.length > most)
    throw new HttpError('payload_too_large', `the payload is over the source's limit of ${most} bytes`);
  if (source) await checkSchema(checkPayload, source, written, format);
  return written;
}

function write(payload: unknown, format: BodyFormat): Uint8Array {
  try {
    return writeBody(payload, format);
  } catch (error) {
    if (!(error instanceof BodyFault)) throw error;
    const errors = [{ path: '', message: error.message }];
    throw new HttpError('invalid_payload', `the payload: ${error.message}`, { members: { errors } });
  }
}
