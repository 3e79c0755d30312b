// Tests the table of HTTP errors: every error is in the table and is used, with the status of the contract.
import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode, HttpError, toProblem } from '../../src/api/http/errors.ts';
import { sources } from '../support/imports.ts';

const api = [...sources].filter(([file]) => file.startsWith('api/')).map(([, text]) => text);
const thrown = api.flatMap((text) =>
  Array.from(text.matchAll(/new HttpError\(\s*([^\s,)]+)/g), ([, code]) => code),
);
const literals = thrown.filter((code) => code?.startsWith("'")).map((code) => code?.slice(1, -1));
/** The signature verifier's codes, which the API answers unchanged. */
const verdicts = [...sources]
  .filter(([file]) => file.startsWith('signatures/'))
  .flatMap(([, text]) => Array.from(text.matchAll(/failed\(\s*'(\w+)'/g), ([, code]) => code));

describe('the table of errors', () => {
  it('has every code that the API throws, and every code of the signature verifier', () => {
    expect(literals.length).toBeGreaterThan(10);
    expect([...new Set(verdicts)].sort()).toEqual([
      'signature_invalid',
      'signature_missing',
      'timestamp_out_of_tolerance',
    ]);
    const codes = Object.keys(ERRORS);
    expect([...literals, ...verdicts].filter((code) => !codes.includes(code ?? ''))).toEqual([]);
  });

  it('is used by literal codes, except for verdicts of the signature verifier and of the thread of large bodies', () => {
    const others = thrown.filter((code) => !code?.startsWith("'"));
    expect(others.sort()).toEqual(['answer.refused.code', 'result.code']);
  });

  it('has no code that nothing throws', () => {
    const used = new Set([...literals, ...verdicts]);
    expect(Object.keys(ERRORS).filter((code) => !used.has(code))).toEqual([]);
  });

  it.each<[ErrorCode, number]>([
    ['unknown_source', 404],
    ['method_not_allowed', 405],
    ['ip_not_allowed', 403],
    ['payload_too_large', 413],
    ['signature_missing', 401],
    ['signature_invalid', 401],
    ['timestamp_out_of_tolerance', 401],
    ['invalid_json', 400],
    ['invalid_body', 400],
    ['unsupported_encoding', 415],
    ['event_id_missing', 400],
    ['invalid_payload', 400],
    ['not_queued', 503],
    ['too_many_requests', 429],
    ['unauthorized', 401],
    ['not_found', 404],
    ['event_not_found', 404],
    ['bad_request', 400],
    ['event_id_invalid', 400],
    ['invalid_parameter', 400],
    ['internal_error', 500],
    ['temporal_unavailable', 503],
  ])('answers %s with %i', (code, status) => {
    expect(new HttpError(code, 'x').status).toBe(status);
  });

  it('gives each code its own title', () => {
    for (const code of Object.keys(ERRORS)) expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    const titles = Object.values(ERRORS).map(([, title]) => title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const title of titles) expect(title).toMatch(/^[A-Z].*[^.]$/);
  });
});

describe('a problem', () => {
  it('has the members of RFC 9457 and the code', () => {
    expect(toProblem(new HttpError('unknown_source', 'there is no source of this name'))).toEqual({
      type: 'urn:surehook:error:unknown_source',
      title: 'There is no such source',
      status: 404,
      detail: 'there is no source of this name',
      code: 'unknown_source',
    });
  });

  it('has the additional members of an error, but not its headers', () => {
    const errors = [{ path: 'amount', message: 'expected a number' }];
    const headers = { 'retry-after': '5' };
    const problem = toProblem(
      new HttpError('invalid_payload', 'amount: expected a number', { members: { errors }, headers }),
    );
    expect(problem).toEqual({
      type: 'urn:surehook:error:invalid_payload',
      title: 'The body does not fit the schema of the source',
      status: 400,
      detail: 'amount: expected a number',
      code: 'invalid_payload',
      errors,
    });
  });
});
