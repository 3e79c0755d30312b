// Reads the `Retry-After` of an answer, in whatever form it comes.

const RETRY_AFTER_MAX_MS = 3_600_000;
const SECONDS = /^\d+(\.\d*)?$/;
const SECONDS_LIST = /^\s*\d+(\.\d*)?(\s*,\s*\d+(\.\d*)?)*\s*$/;
/** The three forms of an HTTP date begin with the day of the week (RFC 9110, section 5.6.7). */
const HTTP_DATE = /^[A-Z][a-z]{2,8},? /;

/**
 * Seconds or an HTTP date (RFC 9110, section 10.2.3), in milliseconds from now, at most one hour. Of several values the
 * largest counts; a fraction of a second is rounded up.
 */
export function parseRetryAfter(value: string | string[] | undefined, now = Date.now()): number | undefined {
  const values = [value ?? []].flat().flatMap((one) => (SECONDS_LIST.test(one) ? one.split(',') : [one]));
  const waits = values.flatMap((one) => toMs(one.trim(), now) ?? []);
  return waits.length === 0 ? undefined : Math.min(Math.max(0, ...waits), RETRY_AFTER_MAX_MS);
}

function toMs(text: string, now: number): number | undefined {
  if (SECONDS.test(text)) return Math.ceil(Number(text)) * 1_000;
  if (!HTTP_DATE.test(text)) return undefined;
  const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(at) ? undefined : at - now;
}
