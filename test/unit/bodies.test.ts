// Tests how bodies are read: forms against the platform's own parsers, parts, text, and content encodings within bounds.
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BodyFault } from '../../src/bodies/body-fault.ts';
import { charsetOf, describeFormat, formatOf, kindByType } from '../../src/bodies/body-format.ts';
import { decodeContent } from '../../src/bodies/decode-content.ts';
import { FormFields } from '../../src/bodies/form-fields.ts';
import { parseBody } from '../../src/bodies/parse-body.ts';
import { FIELDS_MAX, parseUrlencoded } from '../../src/bodies/parse-urlencoded.ts';
import { showBody, writeBody } from '../../src/bodies/show-body.ts';

const bytesOf = (text: string) => Buffer.from(text, 'latin1');
const form = (text: string, contentType?: string) => parseUrlencoded(Buffer.from(text), contentType);
const fault = (code: string, message: RegExp = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) }) as BodyFault;

/** The object that these fields are, by the rule alone. */
function toObject(pairs: Iterable<[string, string]>): Record<string, unknown> {
  const names = new Map<string, string[]>();
  for (const [name, value] of pairs) names.set(name, [...(names.get(name) ?? []), value]);
  return Object.fromEntries(
    [...names].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

describe('a URL-encoded form', () => {
  it('is read as the URL standard reads it, whatever its bytes are', () => {
    const piece = fc.constantFrom(
      'a',
      '=',
      '&',
      '+',
      '%',
      '%4',
      '%41',
      '%zz',
      '%C3%A9',
      '%ff',
      'é',
      '?',
      '[',
      ']',
    );
    const text = fc.oneof(
      fc.array(piece).map((pieces) => pieces.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, (written) => {
        // Node's parser drops a question mark at the start, and errs where other letters and a lone percent sign meet.
        const ascii = written.toWellFormed().replaceAll(/[^\0-\x7f]/gu, encodeURIComponent);
        const expected = toObject(new URLSearchParams(`&${ascii}`));
        expect(form(written.toWellFormed())).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives every field that was written, and a list of those of one name', () => {
    const name = fc.oneof(
      fc.constantFrom('a', '__proto__', 'constructor', 'a[b]'),
      fc.string({ unit: 'grapheme' }),
    );
    const pairs = fc.array(fc.tuple(name, fc.string({ unit: 'grapheme' })), { maxLength: 20 });
    fc.assert(
      fc.property(pairs, (fields) => {
        expect(form(new URLSearchParams(fields).toString())).toEqual(toObject(fields));
      }),
    );
  });

  it('comes back as it was when it is written again, in either charset', () => {
    const text = fc.string({
      unit: fc.integer({ min: 1, max: 0xff }).map((code) => String.fromCharCode(code)),
    });
    const values = fc.oneof(text, fc.array(text, { minLength: 2, maxLength: 4 }));
    const contentTypes = [undefined, 'application/x-www-form-urlencoded; charset=ISO-8859-1'];
    fc.assert(
      fc.property(fc.dictionary(text, values), fc.constantFrom(...contentTypes), (fields, contentType) => {
        const written = writeBody(fields, { kind: 'form', contentType });
        expect(parseUrlencoded(written, contentType)).toEqual({ ...fields });
      }),
    );
  });

  it('cannot reach the prototype of anything', () => {
    const parsed = form('__proto__=1&__proto__[polluted]=1&constructor=2&toString=3');
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect(Object.entries(parsed)).toEqual([
      ['__proto__', '1'],
      ['__proto__[polluted]', '1'],
      ['constructor', '2'],
      ['toString', '3'],
    ]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('keeps names with brackets as they are', () => {
    expect(form('a[b]=1&a[b]=2&c[]=3')).toEqual({ 'a[b]': ['1', '2'], 'c[]': '3' });
  });

  it('is read in the charset of its content type', () => {
    const latin1 = 'application/x-www-form-urlencoded; charset=iso-8859-1';
    expect(parseUrlencoded(bytesOf('a=%E9\xe9'), latin1)).toEqual({ a: 'éé' });
    expect(form('a=%C3%A9é')).toEqual({ a: 'éé' });
  });

  it(`has at most ${FIELDS_MAX} fields`, () => {
    expect(Object.keys(form(Array.from({ length: FIELDS_MAX }, (_, i) => `k${i}=`).join('&')))).toHaveLength(
      FIELDS_MAX,
    );
    expect(() => form('&a=1'.repeat(FIELDS_MAX + 1))).toThrow(fault('invalid_body', /10000 fields/));
    expect(form('&'.repeat(1_000_000))).toEqual({});
  });
});

const MULTIPART = 'multipart/form-data; boundary="of the-test"';
const part = (head: string, content: string) => `--of the-test\r\n${head}\r\n\r\n${content}\r\n`;
const field = (name: string, content = '') => part(`Content-Disposition: form-data; name="${name}"`, content);
const END = '--of the-test--\r\n';
const multipart = async (text: string, contentType = MULTIPART) =>
  await parseBody(Buffer.from(text), { kind: 'form', contentType });

describe('a form in parts', () => {
  it('is an object of its fields, a list where a name repeats, with files beside them', async () => {
    const file = part(
      'Content-Disposition: form-data; name="doc"; filename="../é.pdf"\r\nContent-Type: application/pdf',
      'the content',
    );
    expect(
      await multipart(field('a[b]', 'é') + file + field('a[b]', '2') + field('__proto__', 'x') + END),
    ).toEqual(
      JSON.parse(`{"a[b]":["é","2"],"__proto__":"x","doc":{"filename":"é.pdf",
        "content_type":"application/pdf","size":11,"base64":"dGhlIGNvbnRlbnQ="}}`),
    );
  });

  it('that a browser writes is read as it was given', async () => {
    const unit = fc.constantFrom('a', 'é', '\n', '"', '-', '=', '🪝');
    const value = fc.string({ unit }).map((text) => text.replaceAll('\n', '\r\n')); // as the standard writes it
    const fields = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c[d]', '__proto__'), value), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(fields, fc.uint8Array(), async (given, content) => {
        const data = new FormData();
        for (const [name, text] of given) data.append(name, text);
        data.append('file', new Blob([content as Uint8Array<ArrayBuffer>], { type: 'x/y' }), 'f.bin');
        const response = new Response(data);
        const contentType = response.headers.get('content-type') ?? '';
        const parsed = await parseBody(Buffer.from(await response.arrayBuffer()), {
          kind: 'form',
          contentType,
        });
        const base64 = Buffer.from(content).toString('base64');
        const file = { filename: 'f.bin', content_type: 'x/y', size: content.length, base64 };
        expect(parsed).toEqual({ ...toObject(given), file });
      }),
      { numRuns: 50 },
    );
  });

  it('comes back as it was when it is written again under its boundary', async () => {
    const payload = {
      a: ['1', 'é'],
      f: { filename: 'x.txt', content_type: 'text/plain', size: 3, base64: 'YWJj' },
      n: { filename: null, content_type: 'application/octet-stream', size: 1, base64: 'AA==' },
    };
    const format = { kind: 'form', contentType: MULTIPART } as const;
    expect(await parseBody(writeBody(payload, format), format)).toEqual(payload);
    expect(() => writeBody({ a: 'x\r\n--of the-test\r\n' }, format)).toThrow(
      fault('invalid_body', /boundary/),
    );
    expect(() => writeBody({ a: 5 }, format)).toThrow(fault('invalid_body', /each field/));
  });

  it.each<[name: string, text: string, says: RegExp, contentType?: string]>([
    ['without its last boundary', field('a', '1'), /end with its boundary/],
    [
      'cut off in a file',
      part('Content-Disposition: form-data; name="f"; filename="x"', 'ab').slice(0, -3),
      /end with/,
    ],
    ['that is empty', '', /end with/],
    ['that is something else', '{"a":1}', /end with/],
    ['without a boundary in its type', field('a') + END, /names no boundary/, 'multipart/form-data'],
    ['of 1,001 parts', field('a').repeat(1_001) + END, /over 1000 parts/],
  ])('%s is refused', async (_, text, says, contentType) => {
    await expect(multipart(text, contentType)).rejects.toEqual(fault('invalid_body', says));
  });

  it('may have 1,000 parts, and a field of a megabyte and more', async () => {
    expect(await multipart(field('a', '1').repeat(1_000) + END)).toEqual({ a: Array(1_000).fill('1') });
    expect(await multipart(field('a', 'x'.repeat(2_000_000)) + END)).toEqual({ a: 'x'.repeat(2_000_000) });
  });

  it('loses a part whose headers are over the bound, and nothing else', async () => {
    const huge = part(`X: ${'y'.repeat(20_000)}\r\nContent-Disposition: form-data; name="b"`, '2');
    expect(await multipart(field('a', '1') + huge + END)).toEqual({ a: '1' });
  });
});

describe('the fields of a form', () => {
  it('keep the order in which their names came', () => {
    const fields = new FormFields();
    for (const name of ['b', 'a', 'b']) fields.add(name, name);
    expect(Object.entries(fields.toObject())).toEqual([
      ['b', ['b', 'b']],
      ['a', 'a'],
    ]);
  });
});

describe('text', () => {
  const read = (bytes: Uint8Array, contentType?: string) => parseBody(bytes, { kind: 'text', contentType });

  it.each<[contentType: string | undefined, bytes: Buffer, text: string]>([
    [undefined, Buffer.from('é'), 'é'],
    ['text/plain; charset="UTF-8"', Buffer.from('\uFEFFé'), 'é'],
    ['text/xml;charset=iso-8859-1', bytesOf('\xe9'), 'é'],
    ['text/plain; charset=US-ASCII', bytesOf('e'), 'e'],
    ['text/plain', Buffer.alloc(0), ''],
  ])('of type %j is read in its charset', async (contentType, bytes, text) => {
    expect(await read(bytes, contentType)).toBe(text);
  });

  it.each<[contentType: string | undefined, says: RegExp]>([
    [undefined, /not valid UTF-8/],
    ['text/plain; charset=us-ascii', /not the ASCII/],
    ['text/plain; charset=utf-16', /charset is not read/],
  ])('that does not fit its type %j is refused', async (contentType, says) => {
    await expect(read(bytesOf('\xe9'), contentType)).rejects.toEqual(fault('invalid_body', says));
  });

  it('is written again in its charset, unless that lacks a character', () => {
    const write = (text: string, charset: string) =>
      writeBody(text, { kind: 'text', contentType: `text/plain; charset=${charset}` });
    expect(Buffer.from(write('é', 'iso-8859-1'))).toEqual(bytesOf('\xe9'));
    expect(Buffer.from(write('é', 'utf-8'))).toEqual(Buffer.from('é'));
    expect(() => write('é', 'us-ascii')).toThrow(fault('invalid_body', /not in us-ascii/));
    expect(() => write('€', 'iso-8859-1')).toThrow(fault('invalid_body', /not in iso-8859-1/));
  });
});

describe('a content encoding', () => {
  const body = Buffer.from('{"a":"the body of an event"}');
  const encodings: [name: string, encoded: Uint8Array][] = [
    ['gzip', gzipSync(body)],
    ['x-gzip', gzipSync(body)],
    [' GZIP ', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['deflate', deflateRawSync(body)], // as some senders write it
    ['br', brotliCompressSync(body)],
    ['identity', body],
    ['', body],
  ];

  it.each(encodings)('%j is undone', (name, encoded) => {
    expect(Buffer.from(decodeContent(encoded, name, body.length))).toEqual(body);
  });

  it.each(encodings.slice(0, 6))('%j is undone up to the limit and no further', (name, encoded) => {
    expect(() => decodeContent(encoded, name, body.length - 1)).toThrow(
      fault('payload_too_large', /decoded body is over the limit of 27 bytes/),
    );
  });

  it('of a bomb costs no more memory than the limit', () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    const before = process.memoryUsage.rss();
    expect(() => decodeContent(bomb, 'gzip', 100_000)).toThrow(fault('payload_too_large'));
    expect(process.memoryUsage.rss() - before).toBeLessThan(50_000_000);
  });

  it.each(['gzip', 'deflate', 'br'])('%s of something else is refused', (name) => {
    for (const bytes of [body, Buffer.alloc(0), gzipSync(body).subarray(0, 20)])
      expect(() => decodeContent(bytes, name, 1_000)).toThrow(fault('invalid_body', /cannot be decoded/));
  });

  it.each(['zstd', 'gzip, br', 'constructor', 'aws-chunked'])('%s is not read', (name) => {
    expect(() => decodeContent(body, name, 1_000)).toThrow(
      fault('unsupported_encoding', /gzip, deflate, br/),
    );
  });
});

describe('the kind of a body', () => {
  it.each<[contentType: string | undefined, kind: string]>([
    ['application/json', 'json'],
    ['Application/JSON; charset=utf-8', 'json'],
    ['application/cloudevents+json', 'json'],
    ['application/x-www-form-urlencoded', 'form'],
    ['multipart/form-data; boundary=x', 'form'],
    ['text/plain', 'text or json'],
    ['text/plain;charset=UTF-8', 'text or json'],
    ['text/csv', 'text'],
    ['text/xml; charset=iso-8859-1', 'text'],
    ['application/xml', 'text'],
    ['application/soap+xml; charset=utf-8', 'text'],
    ['text/plain; charset=utf-16', 'bytes'],
    ['application/octet-stream', 'bytes or json'],
    ['multipart/mixed; boundary=x', 'bytes or json'],
    ['nonsense', 'bytes or json'],
    ['', 'bytes or json'],
    [undefined, 'bytes or json'],
  ])('of type %j is %s', (contentType, expected) => {
    const { kind, mayBeJson } = kindByType(contentType);
    expect(mayBeJson ? `${kind} or json` : kind).toBe(expected);
  });

  it('knows three charsets', () => {
    expect(
      ['', ';charset=Latin1', '; a=b; charset = "ascii"', ';charset=koi8-r'].map((rest) =>
        charsetOf(`a/b${rest}`),
      ),
    ).toEqual(['utf-8', 'iso-8859-1', 'us-ascii', undefined]);
  });

  it('of an event without one is plain JSON, whatever its headers say', () => {
    const headers = { 'content-type': 'text/plain', 'content-encoding': 'gzip' };
    expect(formatOf({ headers })).toEqual({ kind: 'json', contentType: 'text/plain' });
    expect(formatOf({ headers, body_kind: 'text' })).toEqual({
      kind: 'text',
      contentType: 'text/plain',
      contentEncoding: 'gzip',
    });
  });

  it('is described by headers that are cut and printable', () => {
    const shown = describeFormat({ contentType: `a\u0007${'b'.repeat(500)}`, contentEncoding: undefined });
    expect(shown).toBe(`content-type 'a\\u0007${'b'.repeat(98)}', no content-encoding`);
  });
});

describe('what people see of a body', () => {
  it('is JSON digit for digit, a form, a text, or base64', async () => {
    const json = gzipSync('{"id":820982911946154508}');
    const shown = await showBody(json, { kind: 'json', contentEncoding: 'gzip' });
    expect(JSON.stringify(shown)).toBe('{"payload":{"id":820982911946154508}}');
    expect(await showBody(Buffer.from('a=1'), { kind: 'form' })).toEqual({ payload: { a: '1' } });
    expect(await showBody(Buffer.from('<a/>'), { kind: 'text' })).toEqual({ payload: '<a/>' });
    expect(await showBody(Buffer.from([0, 255]), { kind: 'bytes' })).toEqual({
      payload: 'AP8=',
      payload_encoding: 'base64',
    });
  });

  it('is base64 of the bytes as they came if they cannot be read', async () => {
    const shown = await showBody(Buffer.from('no gzip'), { kind: 'json', contentEncoding: 'gzip' });
    expect(shown).toEqual({ payload: Buffer.from('no gzip').toString('base64'), payload_encoding: 'base64' });
  });

  it('is made a body again only if it has the form in which it was shown', () => {
    expect(Buffer.from(writeBody('AP8=', { kind: 'bytes' }))).toEqual(Buffer.from([0, 255]));
    for (const wrong of ['no base64', 5, null, { a: 1 }])
      expect(() => writeBody(wrong, { kind: 'bytes' })).toThrow(fault('invalid_body', /base64/));
    for (const wrong of [5, null, ['a']])
      expect(() => writeBody(wrong, { kind: 'text' })).toThrow(fault('invalid_body', /a string/));
    for (const wrong of ['a=1', 5, null, ['a'], { a: 1 }, { a: [null] }])
      expect(() => writeBody(wrong, { kind: 'form' })).toThrow(fault('invalid_body', /expected/));
  });
});
