// Makes a way to verify out of a row that says where a JSON Web Token (RFC 7519) stands, and what its claims must be.
import { createHash, randomUUID } from 'node:crypto';
import { hmacText, isEqual, verifyBytes } from './algorithms.ts';
import { isObject, keptJwk } from './provider-keys.ts';
import type { Key, KeyNeed, SignInput, Signing, VerifyInput, VerifyResult, Way, WayForm } from './scheme.ts';
import { describeTime } from './timestamps.ts';
import { failed, missingHeaders, OK } from './verdicts.ts';

type Claims = Record<string, unknown>;
type PublicKey = Parameters<typeof verifyBytes>[0];

export interface JwtRow {
  /** The header with the token, or `body`: the body is the token. */
  in: { header: string; bearer?: 'required' | 'optional' } | 'body';
  /** The only one that is accepted: a token does not choose how it is verified. */
  algorithm: 'HS256' | 'ES256' | 'RS256';
  issuer?: string;
  bodyHash?: { claim: string; encoding: 'hex' | 'base64' | 'base64url' };
  /** The claim that must be the public URL. */
  url?: 'sub' | 'aud';
  /** `secret`: the secret of the source is no key but the `aud` of its tokens. */
  audience?: 'secret';
  /** Claims that must be there. */
  required?: readonly ('exp' | 'iat')[];
  /** How long ago `iat` may be; unless given, `exp` alone ends a token. */
  maxAgeSeconds?: number;
  /** Where the key is that the token names; absent: the secret of the source is the key. */
  keys?: (keyId: string, input: Parameters<NonNullable<Way['needs']>>[0]) => KeyNeed | undefined;
}

/** Clocks differ: `exp` and `nbf` may be this far off. */
const LEEWAY_SECONDS = 60;
const TOKEN_LIFE_SECONDS = 300;

export function jwt(row: JwtRow): Way {
  const header = row.in === 'body' ? undefined : row.in.header;
  const isSigner = row.algorithm === 'HS256';
  return {
    headers: header === undefined ? [] : [header],
    credentials: header === undefined ? [] : [header],
    signs: row.bodyHash || row.in === 'body' ? 'all' : 'nothing',
    ...(row.url ? { signsUrl: true } : {}),
    form: formOf(row),
    verify: (input) => verifyToken(row, input),
    ...(isSigner ? { sign: (input: SignInput) => signToken(row, input) } : {}),
    ...(row.keys ? { needs: (input: Parameters<NonNullable<Way['needs']>>[0]) => need(row, input) } : {}),
  };
}

function formOf(row: JwtRow): WayForm {
  const claims: [string, string][] = [];
  if (row.issuer !== undefined) claims.push(['iss', `\`${row.issuer}\``]);
  if (row.bodyHash) claims.push([row.bodyHash.claim, `SHA-256 of the body in ${row.bodyHash.encoding}`]);
  if (row.url !== undefined) claims.push([row.url, 'the URL']);
  if (row.audience !== undefined) claims.push(['aud', 'a secret of the source']);
  for (const name of row.required ?? []) claims.push([name, 'required']);
  return {
    kind: 'token',
    header: row.in === 'body' ? undefined : row.in.header,
    algorithm: row.algorithm,
    claims,
    maxAgeSeconds: row.maxAgeSeconds,
    fetchesKey: row.keys !== undefined,
  };
}

interface Token {
  head: Claims;
  claims: Claims;
  signed: string;
  signature: string;
}

function tokenOf(row: JwtRow, { header, body }: Pick<VerifyInput, 'header' | 'body'>): string | undefined {
  if (row.in === 'body') return Buffer.from(body).toString('latin1');
  const value = header(row.in.header);
  if (!value || row.in.bearer === undefined) return value;
  const [, token] = /^bearer (.+)$/i.exec(value) ?? [];
  return token ?? (row.in.bearer === 'optional' ? value : '');
}

const PART = /^[A-Za-z0-9_-]+$/;

function parse(text: string): Token | undefined {
  const [head = '', claims = '', signature = '', ...more] = text.split('.');
  if (more.length > 0 || ![head, claims, signature].every((part) => PART.test(part))) return undefined;
  const [parsedHead, parsedClaims] = [readPart(head), readPart(claims)];
  if (!parsedHead || !parsedClaims) return undefined;
  return { head: parsedHead, claims: parsedClaims, signed: `${head}.${claims}`, signature };
}

function readPart(text: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The claims of a token that has been verified before. */
export function claimsOf(token: string): Claims | undefined {
  return parse(token)?.claims;
}

function verifyToken(row: JwtRow, input: VerifyInput): VerifyResult {
  const text = tokenOf(row, input);
  if (row.in !== 'body' && !input.header(row.in.header)) return missingHeaders([row.in.header]);
  if (row.in === 'body' && text === '')
    return failed('signature_missing', 'the body is empty: it must be a signed JSON Web Token');
  const place = row.in === 'body' ? 'the body' : `the header '${row.in.header}'`;
  const token = parse(text ?? '');
  if (!token) return failed('signature_invalid', `${place} is no signed JSON Web Token`);
  const { alg, crit } = token.head;
  if (alg !== row.algorithm || crit !== undefined)
    return failed('signature_invalid', `the token in ${place} is not signed with ${row.algorithm} alone`);
  const fault = row.keys ? faultByKeyId(row, input, token) : faultByKeys(row, input, token);
  if (fault !== undefined) return failed('signature_invalid', fault);
  const wrong = wrongClaim(row, input, token.claims);
  if (wrong !== undefined) return failed('signature_invalid', wrong);
  const late = offTime(row, input, token.claims);
  return late === undefined ? OK : failed('timestamp_out_of_tolerance', late);
}

function faultByKeys(row: JwtRow, { keys }: VerifyInput, token: Token): string | undefined {
  if (keys.some((key) => isSigned(row, key, token))) return undefined;
  return 'the token fits no secret of this source';
}

function faultByKeyId(row: JwtRow, input: VerifyInput, token: Token): string | undefined {
  const { kid } = token.head;
  if (typeof kid !== 'string') return 'the token names no key (kid)';
  const jwk = givenKey(input, kid);
  if (!jwk) return `the key '${kid}' that the token names could not be had from the provider`;
  const key = keptJwk(jwk, row.algorithm === 'ES256' ? 'ecdsa' : 'rsa');
  if (typeof key === 'string') return `the key '${kid}' that the token names cannot be used: ${key}`;
  return isSigned(row, key, token) ? undefined : `the token does not fit the key '${kid}' that it names`;
}

function givenKey({ options }: Pick<VerifyInput, 'options'>, kid: string) {
  return options.jwks && Object.hasOwn(options.jwks, kid) ? options.jwks[kid] : undefined;
}

function need(row: JwtRow, input: Parameters<NonNullable<Way['needs']>>[0]): KeyNeed | undefined {
  const token = parse(tokenOf(row, input) ?? '');
  const kid = token?.head.kid;
  if (token?.head.alg !== row.algorithm || typeof kid !== 'string' || givenKey(input, kid)) return undefined;
  return row.keys?.(kid, input);
}

/** The kind of key must fit the algorithm of the row: a public key never becomes the key of a MAC. */
function isSigned(row: JwtRow, key: Key, { signed, signature }: Token): boolean {
  if (row.algorithm === 'HS256') {
    if (!('bytes' in key)) return false;
    return isEqual(Buffer.from(hmacText(key.bytes, [signed], 'base64url')), Buffer.from(signature));
  }
  if (key.algorithm !== (row.algorithm === 'ES256' ? 'ecdsa' : 'rsa')) return false;
  const bytes = Buffer.from(signature, 'base64url');
  if (bytes.toString('base64url') !== signature) return false;
  const der = key.algorithm === 'ecdsa' ? derOfPair(bytes) : bytes;
  return der !== undefined && verifyBytes(key as PublicKey, Buffer.from(signed), 'sha256', der);
}

/**
 * Tokens have the two numbers of an ECDSA signature side by side, and other signatures have them in DER. Node reads the
 * former, too, but then takes half as long again.
 */
function derOfPair(bytes: Buffer): Buffer | undefined {
  if (bytes.length !== 64) return undefined;
  const der = Buffer.allocUnsafe(72);
  let end = 2;
  for (const start of [0, 32]) {
    let first = start;
    while (first < start + 31 && bytes[first] === 0) first++;
    // A first bit that is set would make the number negative.
    const zeros = (bytes[first] as number) < 0x80 ? 0 : 1;
    const length = start + 32 - first;
    der[end] = 0x02;
    der[end + 1] = length + zeros;
    der[end + 2] = 0;
    end = end + 2 + zeros;
    end += bytes.copy(der, end, first, start + 32);
  }
  der[0] = 0x30;
  der[1] = end - 2;
  return der.subarray(0, end);
}

function wrongClaim(row: JwtRow, input: VerifyInput, claims: Claims): string | undefined {
  if (row.issuer !== undefined && claims.iss !== row.issuer)
    return `the claim 'iss' of the token is not '${row.issuer}'`;
  if (row.bodyHash) {
    const { claim, encoding } = row.bodyHash;
    const hash = createHash('sha256').update(input.body).digest(encoding);
    const given = claims[claim];
    // QStash pads its base64url, as the RFC does not.
    const written = encoding === 'base64url' && typeof given === 'string' ? given.replace(/=$/, '') : given;
    if (written !== hash)
      return `the claim '${claim}' of the token is not the hash of the raw body; sign the bytes as they are sent`;
  }
  if (row.url !== undefined && !isFor(claims[row.url], [input.url]))
    return `the claim '${row.url}' of the token is not the public URL '${input.url}'; set 'url' to the address that the provider calls`;
  if (row.audience === 'secret' && !isFor(claims.aud, input.secrets))
    return `the claim 'aud' of the token is no secret of this source; anybody has tokens for other audiences`;
  const missing = row.required?.find((name) => typeof claims[name] !== 'number');
  return missing === undefined ? undefined : `the token has no claim '${missing}'`;
}

function isFor(claim: unknown, wanted: readonly string[]): boolean {
  const audiences = Array.isArray(claim) ? claim : [claim];
  return audiences.some((one) => typeof one === 'string' && wanted.includes(one));
}

function offTime(row: JwtRow, input: VerifyInput, claims: Claims): string | undefined {
  const { toleranceSeconds, nowSeconds } = input;
  const leeway = toleranceSeconds ?? LEEWAY_SECONDS;
  const oldest = row.maxAgeSeconds === undefined ? undefined : (toleranceSeconds ?? row.maxAgeSeconds);
  for (const [name, past, future] of [
    ['exp', leeway, undefined],
    ['nbf', undefined, leeway],
    ['iat', oldest, oldest ?? leeway],
  ] as const) {
    const value = claims[name];
    if (value === undefined) continue;
    const age = typeof value === 'number' ? Math.floor(nowSeconds) - Math.floor(value) : Number.NaN;
    // What is no number is in no range.
    if ((past ?? Number.MAX_VALUE) >= age && (future ?? Number.MAX_VALUE) >= -age) continue;
    const off = Number.isNaN(age) ? 'is no time' : describeTime(value as number, nowSeconds, 's');
    return `the claim '${name}' of the token ${off}, and may be ${past ?? future} s off; check the clock, and sign each attempt anew`;
  }
  return undefined;
}

function signToken(row: JwtRow, input: SignInput): Signing {
  const { key, secret, body, url, nowSeconds, id } = input;
  if (!('bytes' in key)) throw new TypeError('A public key verifies and cannot sign.');
  const now = Math.floor(nowSeconds);
  const times = row.required?.includes('exp') ? { nbf: now, exp: now + TOKEN_LIFE_SECONDS } : {};
  const hash = row.bodyHash;
  const claims = {
    ...(row.issuer === undefined ? {} : { iss: row.issuer }),
    ...(row.url === undefined ? {} : { [row.url]: url }),
    ...(row.audience === undefined ? {} : { aud: secret }),
    iat: now,
    ...times,
    jti: id || randomUUID(),
    ...(hash ? { [hash.claim]: createHash('sha256').update(body).digest(hash.encoding) } : {}),
  };
  const [head, content] = [{ alg: row.algorithm, typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const token = `${head}.${content}.${hmacText(key.bytes, [`${head}.${content}`], 'base64url')}`;
  if (row.in === 'body') return { headers: {}, body: Buffer.from(token) };
  return { headers: { [row.in.header]: row.in.bearer === undefined ? token : `Bearer ${token}` } };
}
