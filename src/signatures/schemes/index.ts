// The table of signature schemes: every row, from one file for each family of providers.
import type { Place, Scheme, SchemeAnswer } from '../scheme.ts';
import { BUSINESS_SCHEMES } from './business.ts';
import { CERTIFICATE_SCHEMES } from './certificates.ts';
import { COMMERCE_SCHEMES } from './commerce.ts';
import { DEVELOPER_SCHEMES } from './developer.ts';
import { FORM_SCHEMES } from './forms.ts';
import { GENERIC_SCHEMES, type HmacOptions, hmac } from './generic.ts';
import { JWT_SCHEMES } from './jwt.ts';
import { MEDIA_SCHEMES } from './media.ts';
import { MESSAGING_SCHEMES } from './messaging.ts';
import { PAYMENT_SCHEMES } from './payments.ts';
import { PUBLIC_KEY_SCHEMES } from './public-keys.ts';
import { STANDARD_WEBHOOKS_SCHEMES } from './standard-webhooks.ts';
import { TOKEN_SCHEMES } from './tokens.ts';

export type { HmacOptions } from './generic.ts';

const SCHEMES = {
  ...GENERIC_SCHEMES,
  ...PAYMENT_SCHEMES,
  ...DEVELOPER_SCHEMES,
  ...STANDARD_WEBHOOKS_SCHEMES,
  ...COMMERCE_SCHEMES,
  ...MESSAGING_SCHEMES,
  ...BUSINESS_SCHEMES,
  ...MEDIA_SCHEMES,
  ...PUBLIC_KEY_SCHEMES,
  ...JWT_SCHEMES,
  ...CERTIFICATE_SCHEMES,
  ...FORM_SCHEMES,
  ...TOKEN_SCHEMES,
} satisfies Record<string, Scheme>;

/** The name of a signature scheme, as a source's `verify.scheme` gives it. */
export type SchemeName = keyof typeof SCHEMES;

/** Every scheme, in the order of the reference page. */
export const SCHEME_NAMES: readonly SchemeName[] = Object.keys(SCHEMES) as SchemeName[];

/**
 * The row of the table; for `hmac`, the row that the options describe.
 *
 * @throws TypeError for an unknown scheme, or options of `hmac` that contradict one another
 */
export function findScheme(name: SchemeName, options: HmacOptions = {}): Scheme {
  if (!Object.hasOwn(SCHEMES, name)) {
    throw new TypeError(
      `There is no signature scheme '${name}'. The schemes are ${SCHEME_NAMES.join(', ')}; use 'hmac' with its options (header, prefix, encoding, signed …) for a provider that is not listed.`,
    );
  }
  return name === 'hmac' ? hmacOf(options) : SCHEMES[name];
}

const isUnset = (option: unknown) => option === undefined;

/** Sources with `hmac` have a handful of options, which each request brings anew. */
const HMACS_MAX = 200;
const hmacs = new Map<string, Scheme>();

function hmacOf(options: HmacOptions): Scheme {
  const { header, prefix, encoding, algorithm, secretEncoding, signed } = options;
  const { timestampHeader, timestampUnit, idHeader, case: letterCase } = options;
  if (
    [
      header,
      prefix,
      encoding,
      algorithm,
      secretEncoding,
      signed,
      timestampHeader,
      idHeader,
      letterCase,
    ].every(isUnset)
  )
    return SCHEMES.hmac;
  const key = JSON.stringify([
    ...[header, prefix, encoding, algorithm, secretEncoding, signed],
    ...[timestampHeader, timestampUnit, idHeader, letterCase],
  ]);
  const known = hmacs.get(key);
  if (known) return known;
  const scheme = hmac(options);
  if (hmacs.size >= HMACS_MAX) hmacs.clear();
  hmacs.set(key, scheme);
  return scheme;
}

/**
 * Returns which of these places of an event's id the scheme does not sign: whoever has a request and its signature could
 * send it again under another id. A header is signed only if it is the scheme's own id.
 *
 * @param eventId in the order of the search
 * @throws TypeError for an unknown scheme
 */
export function unsignedPlaces(
  name: SchemeName,
  eventId: readonly Place[],
  options: HmacOptions = {},
): string[] {
  const { ways } = findScheme(name, options);
  return eventId.flatMap((place, i) =>
    partsOf(place).filter((part) => {
      if (part === 'body' || part.startsWith('body.'))
        return ways.some(({ signs = 'all' }) => signs === 'nothing');
      // Of several ways, the one that verifies a request is the one whose id is found first.
      const own = ways[i]?.signedId ?? (ways.length === 1 ? ways[0]?.signedId : undefined);
      return own === undefined || part.toLowerCase() !== `header.${own}`;
    }),
  );
}

/** Says in one line why options of `hmac` cannot be; undefined if they can. */
export function hmacFault(options: HmacOptions): string | undefined {
  try {
    hmac(options);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Whether a source of this scheme needs no secret: its requests prove themselves, or are not signed at all. */
export function isWithoutSecret(name: SchemeName): boolean {
  return findScheme(name).secrets === 'none';
}

/** Whether requests of a scheme can be verified only with the URL that the provider has. */
export function signsUrl({ scheme, ...options }: HmacOptions & { scheme: SchemeName }): boolean {
  return findScheme(scheme, options).ways.some((way) => way.signsUrl);
}

/** The headers and parts of the body that a place is made of. */
export function partsOf(place: Place): string[] {
  if (typeof place === 'string') return [place];
  return ('join' in place ? place.join : place.digest).flatMap(partsOf);
}

/** What a source of a scheme uses unless its config says otherwise. */
export interface SchemeDefaults {
  /** In the order of the search. */
  eventId: Place[];
  eventType: Place[];
  /** Lower-case names of headers not to be stored: whoever reads such a header and the body could send both again. */
  credentialHeaders: string[];
  /** Where a body has several events, such as `events`; empty: each body is one event. */
  batch: readonly string[];
  /** What the provider wants to hear of an event that is stored. */
  answer: SchemeAnswer | undefined;
}

/**
 * @param options for `hmac`: the header configured in place of `X-Webhook-Signature`
 * @throws TypeError for an unknown scheme
 */
export function schemeDefaults(name: SchemeName, options: HmacOptions = {}): SchemeDefaults {
  const scheme = findScheme(name, options);
  return {
    eventId: [...scheme.eventId],
    eventType: [...scheme.eventType],
    credentialHeaders: [...new Set(scheme.ways.flatMap(({ credentials }) => credentials))],
    batch: [scheme.batch ?? []].flat(),
    answer: scheme.answer,
  };
}
