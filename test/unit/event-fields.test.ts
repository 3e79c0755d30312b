// Tests what the ingress reads from a webhook: its JSON, its event id and its event type.
import { describe, expect, it } from 'vitest';
import { HttpError } from '../../src/api/http/errors.ts';
import { parseJson } from '../../src/api/http/parse-json.ts';
import { findEventId, findEventType } from '../../src/api/ingress/event-fields.ts';
import type { Locator, SourceConfig } from '../../src/config/config.ts';

/** @returns `code: detail` of the error that the call must throw */
function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(HttpError);
    return `${(error as HttpError).code}: ${(error as HttpError).message}`;
  }
  return expect.fail('nothing was thrown');
}

function sourceOf(...places: string[]): SourceConfig {
  const locators = places.map((place): Locator => {
    const [where, ...path] = place.split('.');
    return where === 'header' ? { in: 'header', name: path.join('.') } : { in: 'body', path };
  });
  return { eventId: locators, eventType: locators } as unknown as SourceConfig;
}

describe('the body', () => {
  const parse = (text: string) => parseJson(Buffer.from(text));

  it('may be any JSON text, with or without a byte order mark', () => {
    expect(parse('{"a":[1,"é"]}')).toEqual({ a: [1, 'é'] });
    expect(parse('\uFEFF {"a":1}\n')).toEqual({ a: 1 });
    for (const text of ['5', '"a"', 'null', 'true', '[]']) expect(parse(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['', 'the body is empty; send a JSON object'],
    ['\uFEFF', 'the body cannot be parsed as JSON'],
    ['{"card":"4242', 'the body cannot be parsed as JSON'],
    ["{'card':'4242'}", 'the body cannot be parsed as JSON'],
    ['{"card":4242,}', 'the body cannot be parsed as JSON'],
    ['card=4242', 'the body cannot be parsed as JSON'],
    ['{"card":NaN}', 'the body cannot be parsed as JSON'],
  ])('is refused without being quoted: %j', (text, detail) => {
    expect(refusal(() => parse(text))).toBe(`invalid_json: ${detail}`);
  });

  it('is refused when it is not UTF-8', () => {
    for (const bytes of [
      Buffer.from([0x22, 0xff, 0x22]),
      Buffer.from('"é"', 'latin1'),
      Buffer.from('{}', 'utf16le'),
    ]) {
      expect(refusal(() => parseJson(bytes))).toMatch(
        /^invalid_json: the body (is not valid UTF-8|cannot be parsed)/,
      );
    }
  });

  it('is refused when it is nested deeper than 200 levels', () => {
    const nested = (depth: number) => ['[{"a":'.repeat(depth / 2), '1', '}]'.repeat(depth / 2)].join('');
    expect(() => parse(nested(200))).not.toThrow();
    const tooDeep = 'invalid_json: the body is nested deeper than 200 levels';
    expect(refusal(() => parse(nested(202)))).toBe(tooDeep);
    expect(refusal(() => parse('['.repeat(1_000_000)))).toBe(tooDeep);
  });

  it('may hold many brackets in strings or side by side', () => {
    const text = JSON.stringify({
      a: '[{'.repeat(500),
      'b"[\\': '\\"['.repeat(500),
      c: Array(500).fill([{}]),
    });
    expect(parse(text)).toEqual(JSON.parse(text));
  });
});

describe('the event id', () => {
  const missing = (looked: string) => `event_id_missing: no event id found; looked at ${looked}`;
  const find = (source: SourceConfig, payload: unknown, headers = {}) =>
    findEventId(source, headers, payload);

  it('is the first non-empty id in the order of the configured places', () => {
    const source = sourceOf('body.event_id', 'header.x-request-id', 'body.data.id');
    const headers = { 'x-request-id': 'from-header' };
    expect(find(source, { event_id: 'a', data: { id: 'b' } }, headers)).toBe('a');
    expect(find(source, { data: { id: 'b' } }, headers)).toBe('from-header');
    expect(find(source, { data: { id: 'b' } })).toBe('b');
    for (const nothing of ['', null])
      expect(find(source, { event_id: nothing }, headers)).toBe('from-header');
  });

  it('may be deep in the body, even in a list', () => {
    expect(find(sourceOf('body.entry.0.id'), { entry: [{ id: 'first' }] })).toBe('first');
  });

  it('is reported missing with the places that were looked at', () => {
    const source = sourceOf('body.event_id', 'body.data.id', 'header.x-request-id');
    const looked = missing('body.event_id, body.data.id, header x-request-id');
    for (const payload of [{}, [], null, 5, 'event_id', { data: 'id' }, { data: null }, { event_id: '' }]) {
      expect(refusal(() => find(source, payload, { 'x-request-id': '' }))).toBe(looked);
    }
  });

  it('is not found among inherited properties', () => {
    for (const path of ['constructor.name', '__proto__.x', 'toString', 'id.length']) {
      expect(refusal(() => find(sourceOf(`body.${path}`), { id: 'abc' }))).toBe(missing(`body.${path}`));
    }
  });

  it.each<[unknown, string]>([
    [1234567890, 'body.id is of type number; an event id is a string'],
    [true, 'body.id is of type boolean; an event id is a string'],
    [['a'], 'body.id is of type array; an event id is a string'],
    [{ a: 1 }, 'body.id is of type object; an event id is a string'],
    ['e'.repeat(180), 'body.id has 180 characters; an event id has at most 179'],
    ...['a b', 'a/b', 'é', 'a\n', '\u0000', '.', '..'].map((id): [string, string] => [
      id,
      "body.id cannot be an event id: use visible ASCII without spaces and slashes, and not '.' or '..'",
    ]),
  ])('is refused, and not looked for elsewhere, when it is invalid: %j', (id, detail) => {
    const call = () => find(sourceOf('body.id', 'header.x-id'), { id }, { 'x-id': 'good' });
    expect(refusal(call)).toBe(`event_id_invalid: ${detail}`);
  });

  it('may have 179 characters, and colons, quotes and percent signs', () => {
    for (const id of ['e'.repeat(179), 'a:b', "it's", '100%'])
      expect(find(sourceOf('body.id'), { id })).toBe(id);
  });
});

describe('the event type', () => {
  const find = (payload: unknown, headers = {}) =>
    findEventType(sourceOf('body.type', 'header.x-event'), headers, payload);

  it('is the first valid type', () => {
    expect(find({ type: 'invoice.paid' }, { 'x-event': 'other' })).toBe('invoice.paid');
    for (const type of [undefined, null, '', 5, {}, 'é', 'a\nb', 't'.repeat(201)]) {
      expect(find({ type }, { 'x-event': 'push' })).toBe('push');
    }
    expect(find({ type: `${'t'.repeat(199)} ` })).toBe(`${'t'.repeat(199)} `);
  });

  it("is 'unknown' when no type is found", () => {
    for (const payload of [{}, null, [], { type: 5 }]) expect(find(payload)).toBe('unknown');
  });
});
