// Tests which texts are a time, for commands and for the operator API.
import { expect, it } from 'vitest';
import { parseTime } from '../../src/contracts/parse-time.ts';

const NOW = Date.parse('2026-03-10T12:00:00.000Z');

it.each([
  ['90s', '2026-03-10T11:58:30.000Z'],
  ['30m', '2026-03-10T11:30:00.000Z'],
  ['12h', '2026-03-10T00:00:00.000Z'],
  ['1d', '2026-03-09T12:00:00.000Z'],
  ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31t12:00:00z', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31T12:00:00.25+02:00', '2026-01-31T10:00:00.250Z'],
  ['2026-01-31T12:00:00-05:30', '2026-01-31T17:30:00.000Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
])('%s is a time', (text, time) => {
  expect(parseTime(text, NOW)).toBe(time);
});

it('without an offset a time is UTC, wherever the command runs', () => {
  const zone = process.env.TZ;
  process.env.TZ = 'America/New_York';
  try {
    expect(parseTime('2026-01-31T12:00:00', NOW)).toBe('2026-01-31T12:00:00.000Z');
  } finally {
    process.env.TZ = zone ?? 'UTC';
  }
});

it.each([
  ...['5', '', 'yesterday', '1w', '1.5h', '-1d', '1d ', '99999999999d', '999999999d', '2026', '2026-01-31'],
  ...['2026-02-30T00:00:00Z', '2026-02-30', '2026-13-01T00:00:00Z', '2026-01-31T24:00:00Z', '31 Jan 2026'],
  ...['2026-01-31T12:00Z', '2026-01-31T12:00:60Z', '2026-01-31T12:00:00+24:00', '2026-01-31T12:00:00+0200'],
])('%j is none', (text) => {
  expect(parseTime(text, NOW)).toBeUndefined();
});
