// Vouches for the key of a payload to processes that do not have this key yet: signatures by the writer's other keys.
import { timingSafeEqual } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import { encode as bytes } from '@temporalio/common/lib/encoding.js';
import { type LoadedKey, SIGNATURE_BYTES, signatureOf, tagOf } from './seal.ts';

/** Metadata: one signature after the other. Absent if the writer has a single key. */
const VOUCHERS = 'vouchers';
/** Other uses of the same signing key begin with other bytes. */
const PURPOSE = 'surehook-voucher';

/** @returns the metadata by which a holder of one of the other keys knows that the payload's writer has that key too */
export function vouchersFor(
  others: readonly LoadedKey[],
  added: Uint8Array,
  data: Uint8Array,
): Payload['metadata'] {
  if (others.length === 0) return {};
  const statement = statementOf(added, data);
  return { [VOUCHERS]: Buffer.concat(others.map((key) => signatureOf(key, statement))) };
}

/** Whether a holder of one of these keys has written the payload, under a key that is not among them. */
export function isVouchedFor(
  keys: Iterable<LoadedKey>,
  added: Uint8Array,
  { metadata, data }: Payload,
): boolean {
  const vouchers = metadata?.[VOUCHERS];
  if (!vouchers || vouchers.length % SIGNATURE_BYTES !== 0) return false;
  const statement = statementOf(added, data ?? new Uint8Array());
  return [...keys].some((key) => holds(vouchers, signatureOf(key, statement)));
}

function holds(vouchers: Uint8Array, expected: Uint8Array): boolean {
  for (let at = 0; at < vouchers.length; at += SIGNATURE_BYTES)
    if (timingSafeEqual(vouchers.subarray(at, at + SIGNATURE_BYTES), expected)) return true;
  return false;
}

/** The tag stands for the content, so a large body costs no more than a small one. `added` names key and workflow. */
function statementOf(added: Uint8Array, data: Uint8Array): Buffer {
  return Buffer.concat([bytes(`${PURPOSE}\0`), tagOf(data), added]);
}
