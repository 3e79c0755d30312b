// Tests that nothing which a sender may send makes a scheme throw: not its headers, its body or its URL.
import { describe, expect, it } from 'vitest';
import { findScheme, neededKey, type SchemeName, verifySignature } from '../../src/signatures/index.ts';
import {
  CERTIFICATE,
  ebay,
  givenBy,
  NOW,
  OTHER_CASES,
  SNS_URL,
  snsMessage,
  text,
} from '../support/other-schemes.ts';

/** Values in place of others: what is called or counted must not be the sender's. */
const HOSTILE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  '\u0000',
  '\ud800',
  'a'.repeat(5_000),
  [],
  [[]],
  [null],
  {},
  { toString: 1 },
  { toString: null, valueOf: null, length: 9 },
  JSON.parse('{"__proto__":{"kid":"k1"},"constructor":1}'),
];

/** The value with each of its parts, one at a time, replaced by each hostile value. */
function* replaced(value: unknown): Generator<unknown> {
  yield* HOSTILE;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    for (const other of replaced(part)) {
      if (Array.isArray(value)) yield value.map((one, i) => (String(i) === key ? other : one));
      else yield { ...value, [key]: other };
    }
  }
}

const header = (headers: Record<string, string>) => (name: string) => headers[name];

function callAll(scheme: SchemeName, given: Parameters<typeof verifySignature>[0]): void {
  expect(verifySignature(given)).toHaveProperty('ok');
  neededKey({ ...given, certificates: {}, jwks: {} });
  const { handshake, challenge, confirm, payload } = findScheme(scheme);
  const read = header(given.headers as Record<string, string>);
  payload?.({ header: read, body: given.rawBody });
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(given.rawBody).toString());
  } catch {
    json = undefined;
  }
  confirm?.(json);
  const query = new URLSearchParams(given.url?.split('?')[1] ?? '');
  const asked = { method: 'POST', query, header: read, body: given.rawBody, json, secrets: given.secrets };
  for (const options of [{}, { verifyToken: 't' }]) {
    handshake?.answer({ ...asked, options, url: 'https://a.example' });
    challenge?.({ ...asked, options, url: 'https://a.example' });
  }
}

const BODIES = OTHER_CASES.flatMap((tested) => {
  const given = givenBy(tested);
  try {
    return [
      { scheme: tested.scheme, given, json: JSON.parse(Buffer.from(given.rawBody).toString()) as unknown },
    ];
  } catch {
    return [];
  }
});
const SNS = {
  scheme: 'aws-sns' as const,
  json: snsMessage() as unknown,
  given: {
    scheme: 'aws-sns' as const,
    secrets: [],
    headers: {},
    rawBody: text({}),
    url: '',
    now: NOW,
    topicArns: ['a'],
    certificates: { [SNS_URL]: CERTIFICATE },
  },
};

describe('a hostile body', () => {
  it.each([...BODIES, SNS])('of $scheme is answered', ({ scheme, given, json }) => {
    for (const other of replaced(json)) callAll(scheme, { ...given, rawBody: text(other) });
  });

  it.each(OTHER_CASES)('of no kind at all is answered, and soon: $scheme', (tested) => {
    const given = givenBy(tested);
    const boundary = { 'content-type': 'multipart/form-data; boundary=b' };
    const size = 200_000;
    for (const body of [
      '',
      '\xff',
      '[',
      'a&',
      'a=1&',
      '&',
      '%',
      '--b\r\n',
      '\r\n--b\r\n\r\n',
      '{"a":',
      ' ',
      '\n<',
    ])
      for (const headers of [given.headers, { ...given.headers, ...boundary }]) {
        const rawBody = Buffer.from(body.repeat(size / (body.length || 1)), 'latin1');
        const start = performance.now();
        callAll(tested.scheme, { ...given, headers, rawBody });
        expect(performance.now() - start, body).toBeLessThan(5_000);
      }
    callAll(tested.scheme, { ...given, rawBody: Buffer.alloc(2_000_000, '[') });
  });
});

describe('a hostile header', () => {
  const part = (value: unknown) => text(value).toString('base64url');

  it.each(OTHER_CASES)('of $scheme is answered', (tested) => {
    const given = givenBy(tested);
    for (const name of Object.keys(given.headers)) {
      const values = [
        ...HOSTILE.flatMap((one) => [
          String(JSON.stringify(one)),
          `${part(one)}.${part(one)}.AAAA`,
          `${part({ alg: 'RS256', kid: one })}.${part({ exp: one })}.AAAA`,
        ]),
        'multipart/form-data; boundary=',
        'multipart/form-data; boundary="a',
        '%',
        '\ud800',
        ' '.repeat(15_000),
        `${','.repeat(7_000)}${'='.repeat(7_000)}`,
      ];
      for (const value of values)
        callAll(tested.scheme, { ...given, headers: { ...given.headers, [name]: value } });
    }
  });

  it('of ebay is answered', () => {
    const rawBody = text({});
    for (const fields of replaced({ alg: 'ecdsa', kid: 'k', signature: 'AAAA', digest: 'SHA1' })) {
      const headers = ebay(rawBody, fields as object);
      callAll('ebay', { scheme: 'ebay', secrets: ['id:secret'], headers, rawBody, now: NOW });
    }
  });
});

describe('a hostile URL', () => {
  it.each(OTHER_CASES)('of $scheme is answered', (tested) => {
    const given = givenBy(tested);
    for (const url of [
      'x',
      '?',
      '?a=%',
      '?secret=%ff',
      'https://',
      'https://[',
      'http://a:b@c:1/?x#y',
      '\ud800',
    ])
      callAll(tested.scheme, { ...given, url });
  });
});
