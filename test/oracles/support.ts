// Puts the same requests before Surehook and a provider's SDK, and says by name where the two judge differently.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type SchemeName, verifySignature } from '../../src/signatures/index.ts';
import { NOW, SCHEME_CASES, type SchemeCase, signedHeaders } from '../support/scheme-cases.ts';

export { NOW };

/** UTF-8. */
export const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

/** A request as both sides see it. */
export interface Judged {
  headers: Record<string, string>;
  rawBody: Buffer;
  /** For SDKs that take text alone. */
  text: string;
  secret: string;
  /** The public URL, for schemes that sign it. */
  url: string;
}

export type Verdict =
  | 'a valid request'
  | 'another body'
  | 'another secret'
  | 'a stale time'
  | 'a time ahead'
  | 'hex in upper case'
  | 'a space before the signature'
  | 'a space behind the signature'
  | 'an empty body'
  | typeof NOT_TEXT
  | typeof SIGNED_AS_TEXT;

const NOT_TEXT = 'a body that is not UTF-8';
const SIGNED_AS_TEXT = 'a body that is not UTF-8, signed as the text it is shown as';

export interface Oracle {
  scheme: SchemeName;
  sdk: string;
  /** Returns or resolves to false, or throws, for a request that the SDK refuses. */
  judge: (request: Judged) => unknown;
  secret?: string;
  other?: string;
  /** Makes a body that the SDK takes; what the scheme needs unless given. */
  bodyOf?: (bytes: Uint8Array) => Buffer;
  /** What the SDK takes for the body: `text` unless given, so that it cannot tell U+FFFD from bytes that are no UTF-8. */
  reads?: 'text' | 'bytes';
  /** The SDK takes these, and Surehook refuses them. */
  stricter?: readonly Verdict[];
  /** The SDK refuses these, and Surehook takes them; each with the reason. */
  looser?: Partial<Record<Verdict, string>>;
  /** Headers that the SDK wants besides. */
  headers?: Record<string, string>;
}

const BODY = Buffer.from('{"id":"evt_1","type":"a"}');
const OTHER_BODY = Buffer.from('{"id":"evt_2","type":"a"}');
const NOT_UTF8 = Buffer.from([...Buffer.from('{"id":"'), 0xff, ...Buffer.from('"}')]);

/** Makes a test for each verdict. */
export function agrees(oracle: Oracle): void {
  const found = SCHEME_CASES.find(({ scheme }) => scheme === oracle.scheme);
  if (found === undefined) throw new Error(`The scheme '${oracle.scheme}' is not in the table.`);
  const { secret, other, bodyOf } = oracle;
  const tested = { ...found, ...(secret ? { secret } : {}), ...(other ? { other } : {}) };
  const bytes = bodyOf ?? found.bodyOf;
  describe(`${oracle.scheme}: ${oracle.sdk}`, () => {
    // Most SDKs have no clock to inject.
    beforeEach(() => vi.useFakeTimers({ now: NOW * 1000, toFake: ['Date'] }));
    afterEach(() => vi.useRealTimers());
    for (const [verdict, expected, request] of requests(tested, bytes)) {
      const isText = (oracle.reads ?? 'text') === 'text';
      const stricter = oracle.stricter?.includes(verdict) || (isText && verdict === SIGNED_AS_TEXT);
      const reason =
        oracle.looser?.[verdict] ?? (isText && verdict === NOT_TEXT ? 'it reads text' : undefined);
      const name = stricter
        ? `refuses ${verdict}, which the SDK takes`
        : reason
          ? `takes ${verdict}, which the SDK refuses: ${reason}`
          : `${expected ? 'takes' : 'refuses'} ${verdict}, as the SDK does`;
      it(name, async () => {
        const { now = NOW, ...given } = request();
        vi.setSystemTime(now * 1000);
        const judged = { text: given.rawBody.toString('utf8'), url: tested.more.url ?? '', ...given };
        judged.headers = { ...oracle.headers, ...judged.headers };
        expect(ours(tested, judged, now), 'Surehook').toBe(expected);
        expect(await theirs(oracle.judge, judged), 'the SDK').toBe(
          stricter ? true : reason ? false : expected,
        );
      });
    }
  });
}

type Request = Pick<Judged, 'headers' | 'rawBody' | 'secret'> & { now?: number };

function requests(
  tested: SchemeCase,
  bodyOf: (bytes: Uint8Array) => Buffer,
): [Verdict, boolean, () => Request][] {
  const { secret, other, toleranceSeconds, headers: names } = tested;
  const signed = (rawBody: Buffer) => ({ headers: signedHeaders(tested, rawBody), rawBody, secret });
  const [signatureHeader = ''] = names;
  const changed = (change: (value: string) => string) => () => {
    const request = signed(bodyOf(BODY));
    const value = request.headers[signatureHeader] ?? '';
    return { ...request, headers: { ...request.headers, [signatureHeader]: change(value) } };
  };
  const { rawBody: sample, headers: sampleHeaders } = signed(bodyOf(BODY));
  const isHex = /[0-9a-f]{40,}$/.test(sampleHeaders[signatureHeader] ?? '') && sample.length > 0;
  const all: [Verdict, boolean, () => Request][] = [
    ['a valid request', true, () => signed(bodyOf(BODY))],
    ['another body', false, () => ({ ...signed(bodyOf(BODY)), rawBody: bodyOf(OTHER_BODY) })],
    ['another secret', false, () => ({ ...signed(bodyOf(BODY)), secret: other })],
    ['an empty body', tested.scheme !== 'linear', () => signed(Buffer.alloc(0))],
    [NOT_TEXT, true, () => signed(bodyOf(NOT_UTF8))],
    [
      SIGNED_AS_TEXT,
      false,
      () => ({ ...signed(Buffer.from(bodyOf(NOT_UTF8).toString('utf8'))), rawBody: bodyOf(NOT_UTF8) }),
    ],
  ];
  // Standard Webhooks separates signatures by spaces.
  if (!/^v1,/.test(sampleHeaders[signatureHeader] ?? ''))
    all.push(['a space behind the signature', false, changed((value) => `${value} `)]);
  // HTTP itself takes spaces away at the beginning of a header.
  if (/^[^=,]+[=,]./.test(sampleHeaders[signatureHeader]?.replace(/=+$/, '') ?? ''))
    all.push(['a space before the signature', false, changed((v) => v.replace(/([^=,]*=*)$/, ' $1'))]);
  if (isHex)
    all.push([
      'hex in upper case',
      false,
      changed((v) => v.replace(/[0-9a-f]{40,}$/, (x) => x.toUpperCase())),
    ]);
  if (toleranceSeconds !== undefined) {
    const at = (off: number) => () => ({ ...signed(bodyOf(BODY)), now: NOW + off });
    all.push(['a stale time', false, at(toleranceSeconds + 60)]);
    all.push(['a time ahead', false, at(-toleranceSeconds - 60)]);
  }
  return all;
}

function ours({ scheme, more }: SchemeCase, { headers, rawBody, secret }: Judged, now: number): boolean {
  return verifySignature({ scheme, secrets: [secret], headers, rawBody, now, ...more }).ok;
}

async function theirs(judge: Oracle['judge'], request: Judged): Promise<boolean> {
  try {
    return (await judge(request)) !== false;
  } catch {
    return false;
  }
}
