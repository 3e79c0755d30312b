// Changes right requests at random, the same way for the same seed.
import type { Random } from '../../chaos/random.ts';

export interface RawRequest {
  method: string;
  path: string;
  headers: [name: string, value: string][];
  body: Buffer;
}

type Mutation = (request: RawRequest, random: Random) => RawRequest;

const METHODS = ['GET', 'HEAD', 'PUT', 'OPTIONS', 'DELETE', 'PATCH', 'post', 'PROPFIND'] as const;
const QUERIES = [
  'challenge=a',
  'hub.mode=subscribe&hub.verify_token=guess&hub.challenge=1',
  'crc_token=abc',
  'validationToken=%0d%0aset-cookie:a',
  'validationToken=token',
  'challenge_code=%ff',
  'secret=guess',
  'secret=guess&secret=guess',
  'bodySHA256=0',
  'a[b][c]=1',
  '__proto__=1',
  '%zz',
  '',
] as const;
const VALUES = [
  '',
  ' ',
  'x',
  '=',
  ',',
  'Bearer ',
  'Basic !!',
  'v1,',
  't=1,v1=',
  '\xff\xfe',
  'a'.repeat(5_000),
] as const;
const EXTRA: readonly [[string, string], ...[string, string][]] = [
  ['x-hook-secret', 'abc'],
  ['x-hook-signature', 'ab'],
  ['webhook-request-origin', 'evil.test'],
  ['x-okta-verification-challenge', 'abc'],
  ['x-front-challenge', 'abc'],
  ['twitch-eventsub-message-type', 'webhook_callback_verification'],
  ['x-forwarded-for', '1.2.3.4'],
  ['x-http-method-override', 'GET'],
  ['content-type', 'multipart/form-data; boundary=x'],
  ['content-encoding', 'gzip'],
  ['hmacsignature', 'x'],
  ['svix-signature', 'v1,x'],
  ['webhook-signature', 'v1,x'],
  ['__proto__', 'x'],
  ['constructor', 'x'],
];
const BODIES = [
  '',
  '{',
  '[]',
  'null',
  '{"challenge":"a"}',
  '{"type":1}',
  `${'['.repeat(5_000)}`,
  '\ufeff{}',
  '\0',
] as const;

/** Node ends a request whose length is wrong by itself, and only after a time. */
const FRAMING = ['content-length', 'transfer-encoding', 'connection', 'host'];

function changeByte(bytes: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return Buffer.from([random.between(0, 255)]);
  const copy = Buffer.from(bytes);
  const at = random.between(0, copy.length - 1);
  copy[at] = (copy[at] as number) ^ (1 << random.between(0, 7));
  return copy;
}

/** Of a text in a head: no line may end in it. */
const changeText = (text: string, random: Random) =>
  changeByte(Buffer.from(text, 'latin1'), random)
    .toString('latin1')
    .replaceAll(/[\0\r\n]/g, '?');

function at(request: RawRequest, random: Random, change: (value: string) => [string, string][]): RawRequest {
  const known = request.headers.filter(([name]) => !FRAMING.includes(name));
  if (known.length === 0) return request;
  const [name] = random.pick(known as [[string, string]]);
  const headers = request.headers.flatMap(([one, value]): [string, string][] =>
    one === name ? change(value).map(([key, changed]) => [key === '' ? name : key, changed]) : [[one, value]],
  );
  return { ...request, headers };
}

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  (request, random) => ({ ...request, method: random.pick(METHODS) }),
  (request, random) => {
    const changed = changeText(request.path.slice(1), random).replaceAll(/[ #]/g, '_');
    return { ...request, path: `/${changed}` };
  },
  (request, random) => ({
    ...request,
    path: `${request.path}${request.path.includes('?') ? '&' : '?'}${random.pick(QUERIES)}`,
  }),
  (request) => ({ ...request, path: request.path.replace(/\?.*/, '') }),
  (request, random) => at(request, random, (value) => [['', changeText(value, random)]]),
  (request, random) => at(request, random, () => [['', random.pick(VALUES)]]),
  (request, random) => at(request, random, () => []),
  (request, random) =>
    at(request, random, (value) => [
      ['', value],
      ['', changeText(value, random)],
    ]),
  (request, random) => ({ ...request, headers: [...request.headers, [...random.pick(EXTRA)]] }),
  (request, random) => ({ ...request, body: changeByte(request.body, random) }),
  (request, random) => ({ ...request, body: changeByte(request.body, random) }),
  (request, random) => ({
    ...request,
    body: request.body.subarray(0, random.between(0, request.body.length)),
  }),
  (request, random) => ({
    ...request,
    body: Buffer.concat([request.body, Buffer.from([random.between(0, 255)])]),
  }),
  (request, random) => ({ ...request, body: Buffer.from(random.pick(BODIES)) }),
];

/** One to three changes. */
export function mutate(request: RawRequest, random: Random): RawRequest {
  let changed = request;
  for (let n = random.between(1, 3); n > 0; n--) changed = random.pick(MUTATIONS)(changed, random);
  return changed;
}
