// Tests that nothing from outside reaches a terminal as a control character or a bidi mark.
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { table } from '../../src/commands/text.ts';
import { toPrintable } from '../../src/contracts/printable.ts';

const NASTY =
  '\u001b[2J\u001b]0;title\u0007\rgone\u009b31m \u202ereversed\u2066 \u061c\u200f\u2028\ufeff\u007f\u0000';
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const LOG = new URL('../../src/observability/log.ts', import.meta.url).href;

it('text keeps its letters, lines and tabs, and shows every other control by its number', () => {
  expect(toPrintable('Zoë 日本 🪝\n\tnext')).toBe('Zoë 日本 🪝\n\tnext');
  expect(toPrintable('\u001b[31m\u202e\u009b')).toBe('\\u001b[31m\\u202e\\u009b');
  expect(toPrintable(NASTY)).not.toMatch(UNSAFE);
});

it('JSON keeps its meaning', () => {
  const value = { id: NASTY, nested: [NASTY] };
  const text = toPrintable(JSON.stringify(value));
  expect(text).not.toMatch(UNSAFE);
  expect(JSON.parse(text)).toEqual(value);
});

it('a cell of a table is one line, whatever is in it', () => {
  const text = table(['ID', 'TYPE'], [[`a\nb${NASTY}`, 'x']]);
  expect(text.split('\n').length).toBe(2);
  expect(text).not.toMatch(UNSAFE);
});

it.each([true, false])('the log of a process is printable, on a terminal (%s) too', (isTerminal) => {
  const code = `
    const { createLog } = await import(process.argv[1]);
    const nasty = JSON.parse(process.argv[2]);
    const log = createLog('info', ${isTerminal});
    log.warn({ id: nasty, [nasty]: { deep: [nasty] }, err: new Error(nasty) }, 'message ' + nasty + '\\nforged line');
  `;
  const args = ['--input-type=module', '-e', code, LOG, JSON.stringify(NASTY)];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  // The pretty log has colours of its own.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the start of a colour
  const text = isTerminal ? stdout.replace(/\u001b\[\d+m/g, '') : stdout;
  expect(text).toContain('message');
  expect(text).not.toMatch(UNSAFE);
  expect(text).not.toMatch(/^forged line/m);
});
