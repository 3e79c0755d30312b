// The verifier of every scheme: takes a row of the table and a request's bytes, and says whether its signature holds.
import { type Parts, signatureCheck } from './algorithms.ts';
import type { Candidate, Key, Scheme } from './scheme.ts';

export type VerifyFailure = 'signature_missing' | 'signature_invalid' | 'timestamp_out_of_tolerance';
export type VerifyResult = { ok: true } | { ok: false; code: VerifyFailure };

export interface VerifyInput {
  scheme: Scheme;
  keys: readonly Key[];
  header: (name: string) => string | undefined;
  body: Uint8Array;
  method: string;
  url: string;
  nowSeconds: number;
  /** The scheme's own tolerance unless given. */
  toleranceSeconds: number | undefined;
}

/**
 * Rotation needs two or three signatures. Each Ed25519 signature costs a pass over the body, and a 16 KiB header holds
 * 170 of them: anybody could make us spend half a second of CPU with one request of 1 MiB.
 */
const MAX_SIGNATURES = 16;

export function verify(input: VerifyInput): VerifyResult {
  const { scheme, header } = input;
  const names = scheme.headers.find((set) => namesIn(set).some((name) => header(name) !== undefined));
  if (!names || namesIn(names).some((name) => !header(name))) return failed('signature_missing');
  const read = (name: string | undefined) => (name ? (header(name) ?? '') : '');
  const signature = scheme.parse(read(names.signature));
  if (!signature) return failed('signature_invalid');
  const timestamp = signature.timestamp ?? read(names.timestamp);
  const sentAtSeconds = scheme.timestamp && parseTimestamp(timestamp, scheme.timestamp.unit);
  if (scheme.timestamp && sentAtSeconds === undefined) return failed('signature_invalid');

  const { body, method, url } = input;
  const parts = scheme.content({ body, method, url, timestamp, id: read(names.id) });
  if (!parts || !isSigned(input, signature.candidates, parts)) return failed('signature_invalid');
  const recent = sentAtSeconds === undefined || isRecent(sentAtSeconds, input);
  return recent ? { ok: true } : failed('timestamp_out_of_tolerance');
}

function namesIn({ signature, id, timestamp }: Scheme['headers'][number]): string[] {
  return [signature, id, timestamp].filter((name) => name !== undefined);
}

/** Both sides rotate their keys, so any signature may match any secret. */
function isSigned({ scheme, keys }: VerifyInput, candidates: readonly Candidate[], parts: Parts): boolean {
  if (candidates.length > MAX_SIGNATURES) return false;
  return keys.some((key) => {
    // A public key must never serve as an HMAC key: everybody knows it.
    const texts = candidates.filter(({ algorithm }) => algorithm === key.algorithm).map(({ text }) => text);
    return texts.length > 0 && texts.some(signatureCheck(key, parts, scheme.encoding));
  });
}

/** Accepts plain digits only: `1700000000abc`, `+1`, `1e9` and ` 1` are not times. Fifteen digits stay exact. */
function parseTimestamp(text: string, unit: 's' | 'ms'): number | undefined {
  if (!/^(0|[1-9][0-9]{0,14})$/.test(text)) return undefined;
  return unit === 'ms' ? Number(text) / 1000 : Number(text);
}

/** Looks both ways: a time ahead of ours would keep a captured request valid for longer than the tolerance. */
function isRecent(sentAtSeconds: number, { scheme, nowSeconds, ...given }: VerifyInput): boolean {
  const toleranceSeconds = given.toleranceSeconds ?? scheme.timestamp?.toleranceSeconds ?? 0;
  return Math.abs(Math.floor(nowSeconds) - Math.floor(sentAtSeconds)) <= toleranceSeconds;
}

function failed(code: VerifyFailure): VerifyResult {
  return { ok: false, code };
}
