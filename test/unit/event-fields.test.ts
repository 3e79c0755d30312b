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
    findEventId(source, { headers, payload, rawBody: Buffer.from(JSON.stringify(payload) ?? '') });

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
    const looked = missing('body.event_id, body.data.id, header.x-request-id');
    for (const payload of [{}, [], null, 5, 'event_id', { data: 'id' }, { data: null }, { event_id: '' }]) {
      expect(refusal(() => find(source, payload, { 'x-request-id': '' }))).toBe(looked);
    }
  });

  it('is not found among inherited properties', () => {
    for (const path of ['constructor.name', '__proto__.x', 'toString', 'id.length']) {
      expect(refusal(() => find(sourceOf(`body.${path}`), { id: 'abc' }))).toBe(missing(`body.${path}`));
    }
  });

  it('is any text, as its sender writes it', () => {
    for (const id of [
      'e'.repeat(1_024),
      'a b',
      'a/b',
      'é',
      'a\n',
      '\u0000',
      '.',
      '..',
      'a:b',
      "it's",
      '100%',
    ])
      expect(find(sourceOf('body.id', 'header.x-id'), { id }, { 'x-id': 'other' })).toBe(id);
  });

  it('is a number by the digits that were sent', () => {
    const findIn = (body: string, path = 'body.id') =>
      findEventId(sourceOf(path), { headers: {}, payload: JSON.parse(body), rawBody: Buffer.from(body) });
    expect(findIn('{"id":12345678901234567890}')).toBe('12345678901234567890');
    expect(findIn('{"id":12345678901234567891}')).toBe('12345678901234567891');
    expect(findIn('{"id":1.0}')).toBe('1.0');
    expect(findIn('{"id":0}')).toBe('0');
    expect(findIn('\ufeff{"a":[{"id":7}]}'.slice(1), 'body.a.0.id')).toBe('7');
  });

  it('is not what is no text and no number: the next place is looked at', () => {
    for (const id of [true, ['a'], { a: 1 }, null, ''])
      expect(find(sourceOf('body.id', 'header.x-id'), { id }, { 'x-id': 'good' })).toBe('good');
  });

  it('is refused only when it has more than 1,024 bytes', () => {
    expect(refusal(() => find(sourceOf('body.id'), { id: 'é'.repeat(513) }))).toBe(
      'event_id_invalid: body.id has 1026 bytes; an event id has at most 1024: use a digest of it ({ digest: [place] })',
    );
  });
});

it('an event id of no place is another one for each request', () => {
  const find = () =>
    findEventId({ eventId: [{ in: 'unique' }] }, { headers: {}, payload: {}, rawBody: Buffer.from('{}') });
  expect(find()).toMatch(/^[0-9a-f-]{36}$/);
  expect(find()).not.toBe(find());
});

describe('an event id of several places', () => {
  const find = (eventId: Locator, payload: unknown, rawBody = JSON.stringify(payload)) =>
    findEventId({ eventId: [eventId] }, { headers: { 'x-a': '1' }, payload, rawBody: Buffer.from(rawBody) });
  const body = (path: string): Locator => ({ in: 'body', path: path.split('.') });

  it('joins their values by colons, one to one', () => {
    const join: Locator = { in: 'join', places: [body('type'), body('id')] };
    expect(find(join, { type: 'captured', id: 'tx_1' })).toBe('captured:tx_1');
    expect(find(join, { type: 'a:b', id: 'c' })).not.toBe(find(join, { type: 'a', id: 'b:c' }));
    expect(refusal(() => find(join, { id: 'tx_1' }))).toBe(
      'event_id_missing: no event id found; looked at { join: [body.type, body.id] }',
    );
  });

  it('is a digest of their values, or of all the bytes of the body', () => {
    const ofBody: Locator = { in: 'digest', places: [{ in: 'bytes' }] };
    expect(find(ofBody, {}, 'abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    const digest: Locator = { in: 'digest', places: [body('a'), body('b')] };
    expect(find(digest, { a: '1', b: '2' })).toMatch(/^[0-9a-f]{64}$/);
    expect(find(digest, { a: '1' })).not.toBe(find(digest, { b: '1' }));
    expect(refusal(() => find(digest, {}))).toContain('event_id_missing');
  });
});

describe('the event type', () => {
  const find = (payload: unknown, headers = {}) =>
    findEventType(sourceOf('body.type', 'header.x-event'), {
      headers,
      payload,
      rawBody: Buffer.from(''),
    });

  it('is the first valid type', () => {
    expect(find({ type: 'invoice.paid' }, { 'x-event': 'other' })).toBe('invoice.paid');
    for (const type of [undefined, null, '', {}, true, 'a\nb', '\ud800', 't'.repeat(201)]) {
      expect(find({ type }, { 'x-event': 'push' })).toBe('push');
    }
    for (const type of [`${'t'.repeat(199)} `, 'Überweisung eingegangen', '订单.已支付'])
      expect(find({ type })).toBe(type);
    expect(find({ type: 5 })).toBe('5');
  });

  it("is 'unknown' when no type is found", () => {
    for (const payload of [{}, null, [], { type: {} }]) expect(find(payload)).toBe('unknown');
  });
});
