// Logs the end of an attempt. An attempt that was cut short looks like a time-out, and is none.
import { Context } from '@temporalio/activity';
import type { Logger } from 'pino';
import { INTERRUPTED } from '../../contracts/failures.ts';

export interface AttemptLine {
  what: 'handler' | 'delivery';
  ok: boolean;
  fields: object;
  /** What only a failed attempt has. */
  failure: object;
}

export function logAttempt(log: Logger, { what, ok, fields, failure }: AttemptLine): void {
  const { cancellationSignal, cancellationDetails } = Context.current();
  if (ok) log.info(fields, what === 'handler' ? 'event handled' : 'event delivered');
  else if (!cancellationSignal.aborted) log.warn({ ...fields, ...failure }, `${what} failed`);
  else if (cancellationDetails?.cancelRequested)
    log.info({ ...fields, error: 'canceled' }, `${what} canceled`);
  else log.warn({ ...fields, error: INTERRUPTED }, `${what} interrupted`);
}
