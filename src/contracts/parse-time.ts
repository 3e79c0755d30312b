// Parses a time as operators write it: an age such as 1d, or RFC 3339.

export const TIME_EXPECTED =
  'expected a time such as 2026-01-31T12:00:00Z, or an age such as 90s, 30m, 12h or 1d';

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const AGE = /^(\d{1,9})([smhd])$/;
/** RFC 3339, whose offset may be left out: then the time is UTC. */
const DATE_TIME = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?(?:([Zz])|([+-])(\d\d):(\d\d))?$/;

/** RFC 3339 writes a year in four digits. */
const FIRST_MS = Date.parse('0000-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * An age counts back from now.
 *
 * @returns RFC 3339 UTC; undefined if the text is no such time, or names a day or an hour that does not exist
 */
export function parseTime(text: string, nowMs = Date.now()): string | undefined {
  const [, count, unit = ''] = AGE.exec(text) ?? [];
  const ms = count === undefined ? toMs(text) : nowMs - Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  return ms === undefined || ms < FIRST_MS || ms > LAST_MS ? undefined : new Date(ms).toISOString();
}

function toMs(text: string): number | undefined {
  const [, date, time, fraction = '', , sign, hours = '0', minutes = '0'] = DATE_TIME.exec(text) ?? [];
  const seconds = `${date}T${time}`;
  const ms = Date.parse(`${seconds}Z`);
  // JavaScript takes 30 February for 2 March, and 24:00:00 for the next day.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, -5) !== seconds) return undefined;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return ms + Math.floor(Number(`0${fraction}`) * 1_000) - offsetMs;
}
