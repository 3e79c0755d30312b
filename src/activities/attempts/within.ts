// Bounds the time of an activity's work, and passes the activity's cancellation on to it.
import { Context } from '@temporalio/activity';
import { TIMEOUT_MARGIN_MS } from '../../contracts/event.ts';

const TIMED_OUT = 'The operation was aborted due to timeout'; // the words of AbortSignal.timeout

/**
 * The limit of an attempt, in milliseconds: the config's, but no more than the event was planned with.
 * Temporal would cut a longer attempt off, as if its worker had been lost.
 */
export function toAttemptLimit(timeoutMs: number): number {
  const { startToCloseTimeoutMs: plannedMs } = Context.current().info;
  // An operator may have set a start-to-close time-out that is shorter than the margin.
  const limitMs = plannedMs > TIMEOUT_MARGIN_MS ? plannedMs - TIMEOUT_MARGIN_MS : plannedMs / 2;
  return Math.min(timeoutMs, limitMs);
}

/** Unlike AbortSignal.timeout, this leaves no timer behind: 100 events a second would leave hundreds. */
export async function within<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { cancellationSignal } = Context.current();
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new DOMException(TIMED_OUT, 'TimeoutError')), timeoutMs);
  const cancel = () => limit.abort(cancellationSignal.reason);
  if (cancellationSignal.aborted) cancel();
  else cancellationSignal.addEventListener('abort', cancel, { once: true });
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    cancellationSignal.removeEventListener('abort', cancel);
  }
}

/** Rejects with the signal's reason. Nobody has to wait for the promise: its rejection is always handled. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => undefined);
  return aborted;
}
