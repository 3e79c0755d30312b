// Verifies what is signed with the certificate whose address the request gives.
import { verifyBytes } from './algorithms.ts';
import { decodeBase64 } from './keys.ts';
import { certificateKey } from './provider-keys.ts';
import type { Hash, KeyNeed, VerifyInput, VerifyResult, Way } from './scheme.ts';
import { describeTime, isRecent, readTimeText } from './timestamps.ts';
import { failed, OK } from './verdicts.ts';

type NeedInput = Parameters<NonNullable<Way['needs']>>[0];

/** The whole address is held to a pattern: no other host, no port, no user and no query. */
export function neededCertificate(
  url: unknown,
  pattern: RegExp,
  { options }: NeedInput,
): KeyNeed | undefined {
  if (typeof url !== 'string' || !pattern.test(url)) return undefined;
  return given(options.certificates, url) === undefined ? { certificate: url } : undefined;
}

/** Of a record of the caller, an own value only. */
export function given<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}

/** The signature is checked before the time, which is checked only where a tolerance is configured: resends keep it. */
export function verifyWithCertificate(
  input: VerifyInput,
  url: unknown,
  pattern: RegExp,
  signedWith: { content: string; hash: Hash; signature: unknown; time: unknown },
): VerifyResult {
  if (typeof url !== 'string' || !pattern.test(url))
    return failed('signature_invalid', 'the address of the certificate is not one of this provider');
  const pem = given(input.options.certificates, url);
  if (pem === undefined)
    return failed('signature_invalid', 'the certificate that the request names could not be had');
  const key = certificateKey(pem, input.nowSeconds);
  if (typeof key === 'string')
    return failed('signature_invalid', `the certificate that the request names ${key}`);
  const bytes = typeof signedWith.signature === 'string' ? decodeBase64(signedWith.signature) : undefined;
  if (!bytes || !verifyBytes(key, Buffer.from(signedWith.content), signedWith.hash, bytes))
    return failed('signature_invalid', 'the signature does not fit the request and the certificate it names');
  return checkTime(input, signedWith.time);
}

function checkTime({ nowSeconds, toleranceSeconds }: VerifyInput, time: unknown): VerifyResult {
  if (toleranceSeconds === undefined) return OK;
  const sentAt = typeof time === 'string' ? readTimeText(time, 'iso') : 'is missing';
  if (typeof sentAt === 'string') return failed('signature_invalid', `the signed time ${sentAt}`);
  if (isRecent(sentAt, nowSeconds, toleranceSeconds)) return OK;
  return failed(
    'timestamp_out_of_tolerance',
    `the signed time ${describeTime(sentAt, nowSeconds, 'iso')}, and may be ${toleranceSeconds} s off`,
  );
}
