// Tests workflow ids, and which source names and event ids may be part of them.
import { describe, expect, it } from 'vitest';
import { isEventId, workflowIdOfEvent } from '../../src/contracts/event-key.ts';
import {
  deadLetterIdOf,
  EVENT_KEY_MAX_LENGTH,
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
    expect(parseWorkflowId(workflowIdOf(source, eventId))).toEqual({ source, eventId, isDigest: false });
  });

  it.each(['', 'evt_1', ':evt_1'])("without a source is not an event's: %j", (workflowId) => {
    expect(parseWorkflowId(workflowId)).toBeUndefined();
  });

  it("has at most the 255 characters of PostgreSQL's column", () => {
    const source = 's'.repeat(63);
    const eventId = 'e'.repeat(EVENT_KEY_MAX_LENGTH);
    expect(SOURCE_NAME.test(source)).toBe(true);
    const workflowId = workflowIdOfEvent(source, eventId);
    expect(deadLetterIdOf(workflowId)).toHaveLength(255);
    expect(eventOfDeadLetter(deadLetterIdOf(workflowId))).toBe(workflowId);
    expect(eventOfDeadLetter(workflowId)).toBeUndefined();
    expect(SOURCE_NAME.test(`${source}s`)).toBe(false);
    for (const longer of [`${eventId}e`, 'é'.repeat(60), 'x'.repeat(1_024)])
      expect(deadLetterIdOf(workflowIdOfEvent(source, longer)).length).toBeLessThanOrEqual(255);
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
  const key = (id: string) => workflowIdOfEvent('partner', id).slice('partner:'.length);

  it('may be any text of 1 to 1,024 bytes', () => {
    for (const id of ['a', ' ', '/', '..', 'é', '\u0000', '\ud800', 'x'.repeat(1_024)])
      expect(isEventId(id), JSON.stringify(id)).toBe(true);
    for (const id of ['', 'x'.repeat(1_025), 'é'.repeat(513)]) expect(isEventId(id)).toBe(false);
  });

  it('stays as it is where URL, terminal and queries of Temporal all take it', () => {
    for (const id of ['evt_1', 'a:b::c', '...', 'a?b#c', '~x', 'a=b&c', '[{(|)}]']) expect(key(id)).toBe(id);
  });

  it.each([
    ['a/b', 'a%2Fb'],
    ['100%', '100%25'],
    ['%2E', '%252E'],
    ['.', '%2E'],
    ['..', '%2E%2E'],
    ["it's", 'it%27s'],
    ['a b', 'a%20b'],
    ['é\n', '%C3%A9%0A'],
  ])('is percent-encoded otherwise, and read back: %j', (id, expected) => {
    expect(key(id)).toBe(expected);
    expect(parseWorkflowId(`partner:${expected}`)).toEqual({
      source: 'partner',
      eventId: id,
      isDigest: false,
    });
  });

  it.each(['x'.repeat(180), 'é'.repeat(40), '\ud800', `a\udc00${'b'.repeat(10)}`])(
    'that is too long, or no Unicode, is a digest, which nothing else can be: %j',
    (id) => {
      expect(key(id)).toMatch(/^%~[0-9a-f]{64}$/);
      expect(key(key(id))).toBe(`%25~${key(id).slice(2)}`);
      expect(parseWorkflowId(`partner:${key(id)}`)?.isDigest).toBe(true);
    },
  );

  it('gives no two ids one workflow', () => {
    const ids = [
      'a',
      'A',
      'a ',
      ' a',
      'a/b',
      'a%2Fb',
      'é',
      'e\u0301',
      '\ud800',
      '\ud801',
      '\ufffd',
      '%',
      '%25',
      '~',
      '%~',
    ];
    expect(new Set(ids.map(key)).size).toBe(ids.length);
  });
});
