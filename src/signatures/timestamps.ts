// Reads the times that providers sign, and holds them to a tolerance.

/** Seconds or milliseconds since 1970, RFC 3339, or the date of HTTP. */
export type TimeUnit = 's' | 'ms' | 'iso' | 'http-date';

const WORDS: Record<TimeUnit, string> = {
  s: 'Unix seconds',
  ms: 'Unix milliseconds',
  iso: 'a time such as 2026-01-31T12:00:00Z',
  'http-date': 'a date such as Sat, 31 Jan 2026 12:00:00 GMT',
};

/** Fifteen digits stay exact. */
const DIGITS = /^(0|[1-9][0-9]{0,14})$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)$/;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
/** Seconds of the year 5138: a larger number is milliseconds. */
const SECONDS_MAX = 1e11;

/**
 * Accepts plain digits only: `1700000000abc`, `+1`, `1e9` and ` 1` are not times.
 *
 * @returns seconds since 1970, or what is wrong, in words that begin with `is`
 */
export function readTimeText(text: string, unit: TimeUnit): number | string {
  if (unit === 's' || unit === 'ms') {
    if (!DIGITS.test(text)) return `is no time: expected ${WORDS[unit]}`;
    return unit === 'ms' ? Number(text) / 1000 : Number(text);
  }
  const ms = (unit === 'iso' ? ISO : HTTP_DATE).test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? `is no time: expected ${WORDS[unit]}` : ms / 1000;
}

/** Says how far a time is from the present, or that it was written in another unit. */
export function describeTime(sentAtSeconds: number, nowSeconds: number, unit: TimeUnit): string {
  if (unit === 's' && sentAtSeconds >= SECONDS_MAX) return `is in milliseconds: expected ${WORDS.s}`;
  if (unit === 'ms' && sentAtSeconds * 1000 < SECONDS_MAX) return `is in seconds: expected ${WORDS.ms}`;
  const seconds = Math.floor(nowSeconds) - Math.floor(sentAtSeconds);
  return seconds > 0 ? `is ${seconds} s old` : `is ${-seconds} s ahead`;
}

export function formatTime(seconds: number, unit: TimeUnit): string {
  const whole = new Date(Math.floor(seconds) * 1000);
  if (unit === 'iso') return whole.toISOString();
  if (unit === 'http-date') return whole.toUTCString();
  return String(Math.floor(unit === 'ms' ? seconds * 1000 : seconds));
}

/** Looks both ways: a time ahead of ours would keep a captured request valid for longer than the tolerance. */
export function isRecent(sentAtSeconds: number, nowSeconds: number, toleranceSeconds: number): boolean {
  return Math.abs(Math.floor(nowSeconds) - Math.floor(sentAtSeconds)) <= toleranceSeconds;
}
