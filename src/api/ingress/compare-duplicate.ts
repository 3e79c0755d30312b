// Holds a duplicate against the event that it claims to be: two events under one id are a mistake that loses one of them.
import type { Logger } from 'pino';
import { formatOf } from '../../bodies/body-format.ts';
import { decodeBody } from '../../bodies/parse-body.ts';
import type { EventMeta } from '../../contracts/event.ts';
import { workflowIdOfEvent } from '../../contracts/event-key.ts';
import { readEvent } from '../../events/read-event.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Temporal } from '../../temporal/connection.ts';

/** Comparisons under way. What comes beyond them is not compared: a flood of resends is no reason to read Temporal more. */
const AT_ONCE = 4;

export interface CompareDuplicateDeps {
  temporal: Temporal;
  metrics: Pick<Metrics, 'duplicateDiffered'>;
  log: Logger;
}

/** Is called once the sender has its answer: a difference changes nothing for it. */
export type CompareDuplicate = (event: EventMeta, rawBody: Uint8Array) => Promise<void>;

export function createCompareDuplicate({ temporal, metrics, log }: CompareDuplicateDeps): CompareDuplicate {
  let underWay = 0;
  return async (event, rawBody) => {
    const { source, event_id, event_type } = event;
    if (underWay >= AT_ONCE) return;
    underWay++;
    try {
      const workflow_id = workflowIdOfEvent(source, event_id);
      const first = await readEvent(temporal, workflow_id);
      if (first === undefined) return;
      const differs = [
        ...(first.input.event_type === event_type ? [] : ['type']),
        // An operator may have corrected the body: the sender's is then another one for good.
        ...(first.body === undefined ||
        first.began.payload_corrected ||
        isSame(decodeBody(first.body.bytes, formatOf(first.input)), decodeBody(rawBody, formatOf(event)))
          ? []
          : ['body']),
      ];
      if (differs.length === 0) return;
      metrics.duplicateDiffered(source);
      log.warn(
        { source, event_id, event_type, first_type: first.input.event_type, workflow_id, differs },
        'duplicate differs from its event: if they are two events, set eventId of the source to what tells them apart',
      );
    } catch (error) {
      log.debug({ source, event_id, error: String(error) }, 'duplicate not compared');
    } finally {
      underWay--;
    }
  };
}

/** Of bodies without their content encodings: gzip may write the same body in other bytes. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
