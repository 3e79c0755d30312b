// Tests workflow ids, and which source names and event ids may be part of them.
import { describe, expect, it } from 'vitest';
import {
  deadLetterIdOf,
  EVENT_ID,
  EVENT_ID_MAX_LENGTH,
  eventOfDeadLetter,
  parseWorkflowId,
  SOURCE_NAME,
  workflowIdOf,
} from '../../src/contracts/ids.ts';

describe('a workflow id', () => {
  it.each([
    ['stripe', 'evt_1'],
    ['partner', 'a:b::c'],
    ['a', ':'],
    ['agent', '7f0c'],
  ])('is made of source and event id, and is parsed to both: %s, %s', (source, eventId) => {
    expect(workflowIdOf(source, eventId)).toBe(`${source}:${eventId}`);
    expect(parseWorkflowId(workflowIdOf(source, eventId))).toEqual({ source, eventId });
  });

  it.each(['', 'evt_1', ':evt_1'])("without a source is not an event's: %j", (workflowId) => {
    expect(parseWorkflowId(workflowId)).toBeUndefined();
  });

  it("has at most the 255 characters of PostgreSQL's column", () => {
    const source = 's'.repeat(63);
    const eventId = 'e'.repeat(EVENT_ID_MAX_LENGTH);
    expect([SOURCE_NAME.test(source), EVENT_ID.test(eventId)]).toEqual([true, true]);
    const workflowId = workflowIdOf(source, eventId);
    expect(deadLetterIdOf(workflowId)).toHaveLength(255);
    expect(eventOfDeadLetter(deadLetterIdOf(workflowId))).toBe(workflowId);
    expect(eventOfDeadLetter(workflowId)).toBeUndefined();
    expect([SOURCE_NAME.test(`${source}s`), EVENT_ID.test(`${eventId}e`)]).toEqual([false, false]);
  });
});

describe('a source name', () => {
  it('has lower-case letters, digits, - and _ only, and so no colon', () => {
    for (const name of ['a', '0', 'git-hub_2']) expect(SOURCE_NAME.test(name), name).toBe(true);
    for (const name of ['', 'A', '-a', '_a', 'a.b', 'a:b', 'a/b', 'a b', 'a\n', 'ä']) {
      expect(SOURCE_NAME.test(name), name).toBe(false);
    }
  });
});

describe('an event id', () => {
  it('may have any visible ASCII except the slash', () => {
    const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
    const allowed = ascii.filter((char) => EVENT_ID.test(`a${char}`));
    expect(allowed.join('')).toBe(ascii.slice(33, 127).join('').replace('/', ''));
    for (const id of ['', 'ä', '\u2028', 'a\n']) expect(EVENT_ID.test(id), id).toBe(false);
  });

  it("is not . or .., since browsers remove these from a URL's path", () => {
    for (const id of ['.', '..']) expect(EVENT_ID.test(id), id).toBe(false);
    for (const id of ['...', '.a', 'a.', '%2e', "it's", 'a?b#c', '\\', '100%']) {
      expect(EVENT_ID.test(id), id).toBe(true);
      const { pathname } = new URL(`/events/partner/${encodeURIComponent(id)}`, 'http://127.0.0.1');
      expect(decodeURIComponent(pathname)).toBe(`/events/partner/${id}`);
    }
  });
});
