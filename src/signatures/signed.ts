// Makes a way to verify out of a row that says which header has the signature, and what is signed how.
import { DIGEST_BYTES, macText, type Parts, signatureCheck } from './algorithms.ts';
import type {
  Hash,
  Key,
  SignatureEncoding,
  SignInput,
  VerifyInput,
  VerifyResult,
  Way,
  WayForm,
} from './scheme.ts';
import { type Candidate, type HeaderSyntax, prefixed, type SignatureGroup } from './signature-headers.ts';
import { type Message, parseTemplate } from './template.ts';
import { timeInBody } from './time-in-body.ts';
import { describeTime, formatTime, isRecent, readTimeText, type TimeUnit } from './timestamps.ts';
import { failed, missingHeaders, OK } from './verdicts.ts';

export interface SignedRow {
  /** Of the signature. Several: each may have one. */
  header: string | readonly string[];
  /** Unless given, the signature alone. */
  syntax?: HeaderSyntax;
  encoding: SignatureEncoding;
  /** SHA-256 unless given. Several: the length of a signature in hex says which one it is. */
  hash?: Hash | readonly [Hash, ...Hash[]];
  /** `{body}` unless given. */
  signed?: string;
  /** For what no template can say. Returns undefined if another message would give the same string. */
  content?: (
    message: Message & { input: VerifyInput | undefined; group: SignatureGroup },
  ) => Parts | undefined;
  /** The header with the id, if the id is signed. */
  id?: string;
  /** How an id must be, so that it cannot move the border to what stands behind it. */
  idForm?: { pattern: RegExp; words: string };
  time?: SignedTime;
  /** More than this many signatures are refused. */
  signaturesMax?: number;
}

export interface SignedTime {
  /** Its own header. Without it, the time stands beside the signature, or in the body. */
  header?: string;
  /** The key of the time in a JSON body. */
  field?: string;
  unit: TimeUnit;
  /** 300 unless given, where the provider publishes none: Stripe's and Standard Webhooks' libraries both allow five minutes. */
  toleranceSeconds?: number;
}

const FIVE_MINUTES = 300;

/**
 * Rotation needs two or three signatures. Each public-key signature costs a pass over the body, and a 16 KiB header holds
 * 170 of them: anybody could make us spend half a second of CPU with one request of 1 MiB.
 */
const SIGNATURES_MAX = 16;

export function signed(given: SignedRow): Way {
  const row = prepare(given);
  return {
    headers: row.headers,
    credentials: row.signatureHeaders,
    signs: 'all',
    ...(given.id === undefined ? {} : { signedId: given.id }),
    ...(row.template.fields.has('url') ? { signsUrl: true } : {}),
    form: formOf(row),
    verify: (input) => verifyRow(row, input),
    sign: (input) => ({ headers: signRow(row, input) }),
  };
}

type Prepared = ReturnType<typeof prepare>;

function formOf(row: Prepared): WayForm {
  return {
    kind: 'signed',
    headers: row.signatureHeaders,
    syntax: row.syntax.form,
    hashes: row.hashes,
    encoding: row.encoding,
    signed: row.content ? undefined : (row.signed ?? '{body}'),
    id: row.id,
    time: row.time,
  };
}

function prepare(given: SignedRow) {
  const signatureHeaders = typeof given.header === 'string' ? [given.header] : given.header;
  const others = [given.id, given.time?.header].filter((name) => name !== undefined);
  return {
    ...given,
    signatureHeaders,
    others,
    headers: [...signatureHeaders, ...others],
    syntax: given.syntax ?? prefixed(''),
    hashes: typeof given.hash === 'object' ? given.hash : ([given.hash ?? 'sha256'] as const),
    template: parseTemplate(given.signed ?? '{body}'),
    signaturesMax: given.signaturesMax ?? SIGNATURES_MAX,
    shape: shapeOf(given.encoding),
  } as const;
}

function verifyRow(row: Prepared, input: VerifyInput): VerifyResult {
  const { header } = input;
  const values: string[] = [];
  for (const name of row.signatureHeaders) {
    const value = header(name);
    if (value) values.push(value);
  }
  if (values.length === 0) return missingHeaders(row.signatureHeaders.slice(0, 1));
  const missing = row.others.filter((name) => !header(name));
  if (missing.length > 0) return missingHeaders(missing);
  const groups = parseAll(row, values);
  if (groups.length === 0)
    return failed('signature_invalid', `${nameOf(row)} is not of the form '${row.syntax.form}'`);
  if (groups.length > row.signaturesMax) return failed('signature_invalid', faultOf(row, groups));
  let result: VerifyResult | undefined;
  for (const group of groups) {
    const verdict = verifyGroup(row, input, group);
    if (verdict.ok) return verdict;
    // A right signature with an old time says more than a wrong one.
    if (result === undefined || (!verdict.ok && verdict.code === 'timestamp_out_of_tolerance'))
      result = verdict;
  }
  return result as VerifyResult;
}

/** Signatures without a time of their own sign the same: they are one group, and cost one pass over the body. */
function parseAll({ syntax }: Prepared, values: readonly string[]): readonly SignatureGroup[] {
  if (values.length === 1) return syntax.parse(values[0] as string);
  const groups = values.flatMap(syntax.parse);
  if (groups.some(({ timestamp, fields }) => timestamp !== undefined || fields !== undefined)) return groups;
  return groups.length < 2 ? groups : [{ candidates: groups.flatMap(({ candidates }) => candidates) }];
}

function verifyGroup(row: Prepared, input: VerifyInput, group: SignatureGroup): VerifyResult {
  const timestamp = group.timestamp ?? read(input, row.time?.header);
  const early = row.time?.field === undefined ? readTime(row, timestamp) : undefined;
  if (typeof early === 'string') return failed('signature_invalid', early);
  const id = read(input, row.id);
  if (row.idForm && !row.idForm.pattern.test(id)) {
    return failed(
      'signature_invalid',
      `the id in the header '${row.id}' cannot be signed: it must be ${row.idForm.words}`,
    );
  }
  const { body, method, url } = input;
  const message = { body, id, timestamp, method, url };
  const parts = row.content ? row.content({ ...message, input, group }) : row.template.fill(message);
  if (!parts || !isSigned(row, input, group.candidates, parts))
    return failed('signature_invalid', faultOf(row, [group]));
  const { field } = row.time ?? {};
  const sentAt = field === undefined ? early : readTime(row, timeInBody(body, field));
  if (typeof sentAt === 'string') return failed('signature_invalid', sentAt);
  return sentAt === undefined ? OK : checkTime(row, input, sentAt);
}

function read({ header }: VerifyInput, name: string | undefined): string {
  return name === undefined ? '' : (header(name) ?? '');
}

/** @returns seconds; what is wrong; or undefined for a row without a time */
function readTime(row: Prepared, text: string): number | string | undefined {
  if (row.time === undefined) return undefined;
  const parsed = readTimeText(text, row.time.unit);
  return typeof parsed === 'string' ? `the time in ${placeOfTime(row)} ${parsed}` : parsed;
}

function placeOfTime(row: Prepared): string {
  if (row.time?.field !== undefined) return `body.${row.time.field}`;
  return row.time?.header === undefined ? nameOf(row) : `the header '${row.time.header}'`;
}

function checkTime(
  row: Prepared,
  { nowSeconds, toleranceSeconds }: VerifyInput,
  sentAt: number,
): VerifyResult {
  const tolerance = toleranceSeconds ?? row.time?.toleranceSeconds ?? FIVE_MINUTES;
  if (isRecent(sentAt, nowSeconds, tolerance)) return OK;
  const off = describeTime(sentAt, nowSeconds, row.time?.unit ?? 's');
  return failed(
    'timestamp_out_of_tolerance',
    `the time in ${placeOfTime(row)} ${off}, and may be ${tolerance} s off; check the clock, and sign each attempt anew`,
  );
}

/** Both sides rotate their keys, so any signature may match any secret. */
function isSigned(
  row: Prepared,
  { keys }: VerifyInput,
  candidates: readonly Candidate[],
  parts: Parts,
): boolean {
  if (candidates.length > row.signaturesMax) return false;
  for (const key of keys) {
    for (const hash of row.hashes) {
      let check: ((text: string) => boolean) | undefined;
      for (const { algorithm, text } of candidates) {
        // A public key must never serve as an HMAC key: everybody knows it.
        if (algorithm !== undefined && algorithm !== key.algorithm) continue;
        if (row.hashes.length > 1 && text.length !== DIGEST_BYTES[hash] * 2) continue;
        check ??= signatureCheck(key, parts, hash, row.encoding);
        if (check(text)) return true;
      }
    }
  }
  return false;
}

const nameOf = ({ signatureHeaders }: Prepared) => `the header '${signatureHeaders[0]}'`;

const SHAPES: Record<SignatureEncoding, { pattern: RegExp; words: string }> = {
  hex: { pattern: /^[0-9a-f]+$/, words: 'lower-case hex' },
  base64: { pattern: /^[A-Za-z0-9+/]+={0,2}$/, words: 'padded base64' },
  base64url: { pattern: /^[A-Za-z0-9_-]+$/, words: 'base64url without padding' },
};
const shapeOf = (encoding: SignatureEncoding) => SHAPES[encoding];

function faultOf(row: Prepared, groups: readonly SignatureGroup[]): string {
  const candidates = groups.flatMap((group) => group.candidates);
  if (candidates.length > row.signaturesMax)
    return `${nameOf(row)} has ${candidates.length} signatures; at most ${row.signaturesMax} are checked`;
  if (candidates.every(({ text }) => !row.shape.pattern.test(text)))
    return `no signature in ${nameOf(row)} is ${row.shape.words}`;
  return `no signature in ${nameOf(row)} fits the raw body and a secret of this source; sign the bytes as they are sent`;
}

/** @throws TypeError for a key that only verifies, or an id that the scheme cannot sign */
function signRow(
  row: Prepared,
  { key, body, id, method, url, nowSeconds, options }: SignInput,
): Record<string, string> {
  if (!('bytes' in key)) throw new TypeError('A public key verifies and cannot sign.');
  const { time } = row;
  const timestamp = time && time.field === undefined ? formatTime(nowSeconds, time.unit) : '';
  if (row.idForm && !row.idForm.pattern.test(id))
    throw new TypeError(`The event id '${id}' cannot be signed: it must be ${row.idForm.words}.`);
  const message = { body, id, timestamp, method, url: options.url ?? url };
  const parts = row.content
    ? row.content({ ...message, input: undefined, group: { candidates: [] } })
    : row.template.fill(message);
  if (!parts) throw new TypeError('This message cannot be signed.');
  return {
    ...(row.id ? { [row.id]: id } : {}),
    ...(time?.header ? { [time.header]: timestamp } : {}),
    [row.signatureHeaders[0] as string]: row.syntax.format(
      macText(key as Extract<Key, { bytes: Uint8Array }>, parts, row.hashes[0], row.encoding),
      timestamp,
    ),
  };
}
