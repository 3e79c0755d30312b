// Short forms of what many rows of the scheme table say.
import { textKey } from '../keys.ts';
import type { KeyForm, Place, Scheme, SignatureEncoding } from '../scheme.ts';
import { keyValueList, prefixed } from '../signature-headers.ts';
import { type SignedRow, signed } from '../signed.ts';
import type { TimeUnit } from '../timestamps.ts';

type Rest = Omit<Scheme, 'ways' | 'key'> & { key?: KeyForm };

/** A row whose key is the secret's text unless it says otherwise. Several ways: in the order in which they are looked for. */
export function row(way: SignedRow | readonly [SignedRow, ...SignedRow[]], rest: Rest): Scheme {
  const [first, ...others] = 'header' in way ? [way] : way;
  return { key: textKey, ...rest, ways: [signed(first), ...others.map(signed)] };
}

/** An HMAC-SHA256 of the body alone. */
export function plain(
  header: string | readonly string[],
  encoding: SignatureEncoding,
  prefix = '',
): Pick<SignedRow, 'header' | 'syntax' | 'encoding'> {
  return { header, syntax: prefixed(prefix), encoding };
}

/** `t=<time>,v1=<signature>` over `<time>.<body>`, as Stripe has it, with keys of the provider's choice. */
export function pairs(given: {
  header: string;
  separator?: string;
  /** `t` unless given. */
  timestamp?: string;
  /** `v1` unless given. */
  signature?: string;
  listSeparator?: string;
  /** `hex` unless given. */
  encoding?: SignatureEncoding;
  /** `{timestamp}.{body}` unless given. */
  signed?: string;
  unit: TimeUnit;
  toleranceSeconds?: number;
}): SignedRow {
  const { header, separator = ',', timestamp = 't', signature = 'v1', listSeparator, unit } = given;
  return {
    header,
    syntax: keyValueList({ separator, timestamp, signature, ...(listSeparator ? { listSeparator } : {}) }),
    encoding: given.encoding ?? 'hex',
    signed: given.signed ?? '{timestamp}.{body}',
    time: {
      unit,
      ...(given.toleranceSeconds === undefined ? {} : { toleranceSeconds: given.toleranceSeconds }),
    },
  };
}

/** For a provider that sends no id: a resend has the same bytes, and so the same id. */
export const BODY_DIGEST: Place = { digest: ['body'] };
