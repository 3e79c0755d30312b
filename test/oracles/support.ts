// What the tests of every provider's SDK share: the bodies and headers that each side judges.
import {
  type SchemeName,
  signRequest,
  type VerifyOptions,
  verifySignature,
} from '../../src/signatures/index.ts';

export const NOW = 1_700_000_000;
export const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

/** A request as both sides see it. */
export interface Judged {
  headers: Record<string, string>;
  rawBody: Buffer;
  secret: string;
  /** Unix seconds. */
  now: number;
}

/** Says whether the SDK takes the request; what it throws is a no. */
export type Judge = (request: Judged) => unknown;

export function ours(
  scheme: SchemeName,
  { headers, rawBody, secret, now }: Judged,
  more: Partial<VerifyOptions> & { url?: string } = {},
): boolean {
  return verifySignature({ scheme, secrets: [secret], headers, rawBody, now, ...more }).ok;
}

export function signedBy(
  scheme: SchemeName,
  request: Pick<Judged, 'rawBody' | 'secret' | 'now'>,
  more: object = {},
): Judged {
  return { ...request, headers: signRequest({ scheme, eventId: 'msg_1', ...request, ...more }) };
}

export async function theirs(judge: Judge, request: Judged): Promise<boolean> {
  try {
    const said = await judge(request);
    return said !== false;
  } catch {
    return false;
  }
}
