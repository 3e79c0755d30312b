// Makes the table of docs/providers.md out of the rows of the signature schemes.
import { appendedKey, nfkdTextKey, standardKey } from '../src/signatures/keys.ts';
import type { Hash, KeyForm, Place, Scheme, SchemeAnswer, Way, WayForm } from '../src/signatures/scheme.ts';
import {
  findScheme,
  SCHEME_NAMES,
  type SchemeName,
  unsignedPlaces,
} from '../src/signatures/schemes/index.ts';

export const BEGIN =
  '<!-- npm run docs:providers writes this table; change the rows in src/signatures/schemes -->';
export const END = '<!-- end of the table -->';

interface Words {
  header: string;
  signature: string;
  /** Undefined: none. */
  time?: string;
}

/** Ways that are like no other, in the order of their scheme; what a row with a template says is not repeated here. */
export const OWN_WORDS: Partial<Record<SchemeName, readonly Words[]>> = {
  contentful: [
    {
      header: '`x-contentful-signature`, `x-contentful-signed-headers`, `x-contentful-timestamp`',
      signature:
        'HMAC-SHA256, hex, of method, path with query, the headers that the second one names, and body, each on a line',
      time: 'Unix ms, 30 s',
    },
  ],
  'coinbase-cdp': [
    {
      header: '`x-hook0-signature: t=<time>,h=<names of headers>,v1=<signature>`, `x-event-id`',
      signature: 'HMAC-SHA256, hex, of `{timestamp}.{names}.{values of these headers}.{body}`',
      time: 'Unix s, 300 s',
    },
  ],
  x: [
    {
      header: '`x-twitter-webhooks-signature: sha256=<signature>`',
      signature: 'HMAC-SHA256, base64, of the body',
    },
  ],
  twilio: [
    {
      header: '`x-twilio-signature`',
      signature:
        'HMAC, base64, of the URL and the sorted fields of the form; of JSON, the URL with `bodySHA256`. SHA-1, or what `x-twilio-webhooks-signature-settings` says',
    },
  ],
  plivo: [
    {
      header: '`x-plivo-signature-v3` or `x-plivo-signature-ma-v3`, `x-plivo-signature-v3-nonce`',
      signature:
        'HMAC-SHA256, base64, of the URL with its query sorted, the sorted fields of the form, and the nonce',
    },
  ],
  braintree: [
    {
      header: 'in the form: `bt_signature`',
      signature: 'HMAC-SHA1 with the SHA-1 of the private key, hex, of the field `bt_payload`',
    },
  ],
  mailgun: [
    {
      header: 'in the body: `signature`',
      signature:
        'HMAC-SHA256, hex, of `signature.timestamp` and `signature.token`. **The event is not signed**',
      time: 'only with `toleranceSeconds`',
    },
  ],
  'dropbox-sign': [
    {
      header: 'in the form or body: `event.event_hash`',
      signature: 'HMAC-SHA256, hex, of `event_time` and `event_type`. **The rest is not signed**',
      time: 'only with `toleranceSeconds`',
    },
  ],
  adyen: [
    {
      header: 'in each item: `additionalData.hmacSignature`',
      signature:
        'HMAC-SHA256, base64, of eight fields, joined by colons: pspReference, originalReference, merchantAccountCode, merchantReference, amount.value, amount.currency, eventCode, success',
    },
  ],
  paypal: [
    {
      header:
        '`paypal-transmission-sig`, `paypal-transmission-id`, `paypal-transmission-time`, `paypal-cert-url`, `paypal-auth-algo`',
      signature:
        'RSA-SHA256, base64, of `{id}|{time}|{webhook id}|{CRC-32 of the body}`, by the certificate that is fetched. **A checksum is no hash**',
      time: 'only with `toleranceSeconds`',
    },
  ],
  'aws-sns': [
    {
      header: 'in the body: `Signature`',
      signature:
        'RSA-SHA1 (SignatureVersion 1) or RSA-SHA256 (2), base64, of the fields of the message, by the certificate that is fetched',
      time: 'only with `toleranceSeconds`',
    },
  ],
  ebay: [
    {
      header: '`x-ebay-signature`, base64 of JSON with `kid` and `signature`',
      signature: 'ECDSA P-256 with SHA-1 of the body, by the key that is fetched',
    },
  ],
};

/** Secrets that are no keys, or of which the form of the key does not say enough. */
const OWN_SECRETS: Partial<Record<SchemeName, string>> = {
  'aws-sns': 'none; name `topicArns`',
  paypal: "the webhook's id",
  polar: 'text; or base64 after `whsec_`',
  'gemini-dynamic': 'the audience of the tokens',
  gitlab: 'the signing token (`whsec_…`), or the secret token',
};

export function providerTable(): string {
  const head = [
    'scheme',
    'header',
    'signature',
    'secret',
    'time',
    'event id',
    'event type',
    'answer',
    'handshake',
  ];
  const lines = [head, head.map(() => '---'), ...[...SCHEME_NAMES].sort().map(lineOf)];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @returns the page with the table between the markers replaced */
export function withTable(page: string): string {
  const [start, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error('docs/providers.md has no markers for the table');
  return `${page.slice(0, start + BEGIN.length)}\n\n${providerTable()}\n\n${page.slice(end)}`;
}

function lineOf(name: SchemeName): string[] {
  const scheme = findScheme(name);
  const words = wordsOf(name, scheme);
  const each = (part: (one: Words) => string | undefined) => {
    const parts = words.map((one) => part(one) ?? '–');
    return [...new Set(parts)].join('; or ');
  };
  return [
    `[\`${name}\`](${scheme.docs})`,
    each(({ header }) => header),
    each(({ signature }) => signature),
    OWN_SECRETS[name] ?? secretOf(scheme.key),
    each(({ time }) => time),
    idOf(name, scheme),
    scheme.eventType.map(placeText).join(', ') || '–',
    answerOf(scheme.answer),
    handshakesOf(scheme),
  ].map((cell) => cell.replaceAll('|', '\\|'));
}

function wordsOf(name: SchemeName, { ways, key }: Scheme): Words[] {
  const own = [...(OWN_WORDS[name] ?? [])];
  return ways.map(
    (way) => (isOrdinary(way) ? ordinaryWords(way.form as WayForm, key) : own.shift()) ?? missing(name),
  );
}

/** Whether the row of a way says all of it. */
export function isOrdinary({ form }: Way): boolean {
  return form !== undefined && !(form.kind === 'signed' && form.signed === undefined);
}

function missing(name: SchemeName): never {
  throw new Error(`OWN_WORDS in scripts/provider-table.ts has no words for '${name}'`);
}

function ordinaryWords(form: WayForm, key: KeyForm): Words {
  switch (form.kind) {
    case 'signed':
      return signedWords(form, key);
    case 'token':
      return tokenWords(form);
    case 'basic':
      return { header: '`authorization: Basic …`', signature: 'the secret itself: **nothing is signed**' };
    case 'equal':
      return { header: equalPlace(form.place), signature: 'the secret itself: **nothing is signed**' };
  }
}

function signedWords(form: Extract<WayForm, { kind: 'signed' }>, key: KeyForm): Words {
  const { headers, syntax, hashes, encoding, signed, id, time } = form;
  const withSyntax = headers.map((name) => `\`${name}${syntax === '<signature>' ? '' : `: ${syntax}`}\``);
  const first = headers.length > 2 ? `${withSyntax[0]} … ${withSyntax.at(-1)}` : withSyntax.join(' or ');
  const others = [id, time?.header].filter((name) => name !== undefined).map((name) => `\`${name}\``);
  const what = signed === '{body}' ? 'the body' : `\`${signed}\``;
  const unit = time && unitOf(time.unit);
  const place = time?.field === undefined ? '' : ` in \`body.${time.field}\``;
  const tolerance =
    time?.toleranceSeconds === undefined ? '300 s (none is published)' : `${time.toleranceSeconds} s`;
  return {
    header: [first, ...others].join(', '),
    signature: `${algorithmOf(key, hashes, syntax)}, ${encoding}, of ${what}`,
    ...(time ? { time: `${unit}${place}, ${tolerance}${isLoose(form) ? '; not signed' : ''}` } : {}),
  };
}

/** A time in a header that the template leaves out. */
function isLoose({ signed, time }: Extract<WayForm, { kind: 'signed' }>): boolean {
  return time?.header !== undefined && !signed?.includes('{timestamp}');
}

function unitOf(unit: string): string {
  const units: Record<string, string> = {
    s: 'Unix s',
    ms: 'Unix ms',
    iso: 'RFC 3339',
    'http-date': 'HTTP date',
  };
  return units[unit] ?? unit;
}

function algorithmOf(key: KeyForm, hashes: readonly Hash[], syntax: string): string {
  const names = (prefix: string) => hashes.map((hash) => hash.replace('sha', prefix)).join(' or ');
  if (key === appendedKey) return `${names('SHA-')} with the secret behind it`;
  if (key === standardKey && syntax.startsWith('v1,')) return 'HMAC-SHA256, or Ed25519 (`v1a,`)';
  const fault = probe(key);
  if (fault?.includes('DER form'))
    return `${keyType(key) === 'rsa' ? 'RSA' : 'ECDSA P-256'} with ${names('SHA-')}`;
  return fault?.includes('public key') ? 'Ed25519' : names('HMAC-SHA');
}

/** What a form of secret says of a text that is none: the one way in which it describes itself. */
function probe(key: KeyForm): string | undefined {
  const fault = key('!');
  return typeof fault === 'string' ? fault : undefined;
}

/** A public key on P-256: a form for RSA names the type that it wants. */
const P256 =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==';

function keyType(key: KeyForm): 'ecdsa' | 'rsa' {
  return typeof key(P256) === 'string' ? 'rsa' : 'ecdsa';
}

function secretOf(key: KeyForm): string {
  if (key === standardKey) return 'base64 after `whsec_` or `whpk_`; other text as it is';
  if (key === nfkdTextKey) return 'text, normalised (NFKD)';
  const fault = probe(key);
  if (fault === undefined) return 'text';
  const [, pair] = /of the form '([^']+)'/.exec(fault) ?? [];
  if (pair) return `\`${pair}\``;
  if (fault === 'the secret is not padded base64') return 'base64';
  if (fault === 'the secret is not hex') return 'hex';
  const [, form] = /neither PEM nor (.+)$/.exec(fault) ?? [];
  if (form) return `public key: PEM, or ${form.replace('padded ', '').replace(' form', '')}`;
  throw new Error(`scripts/provider-table.ts has no words for a secret of which is said '${fault}'`);
}

function tokenWords({
  header,
  algorithm,
  claims,
  maxAgeSeconds,
  fetchesKey,
}: Extract<WayForm, { kind: 'token' }>): Words {
  const held = claims
    .filter(([, what]) => what !== 'required')
    .map(([claim, what]) => `\`${claim}\` is ${what}`);
  const required = claims.filter(([, what]) => what === 'required').map(([claim]) => claim);
  const source = fetchesKey ? ', by the key that is fetched' : '';
  const times = required.includes('exp') ? ['`exp`, 60 s leeway'] : [];
  if (maxAgeSeconds !== undefined) times.push(`\`iat\`, ${maxAgeSeconds} s`);
  const hasHash = claims.some(([, what]) => what.includes('of the body')) || header === undefined;
  const unsigned = hasHash ? '' : '. **The body is not signed**';
  return {
    header: header === undefined ? 'the body is the token' : `\`${header}\``,
    signature: `JSON Web Token ${algorithm}${source}${held.length > 0 ? `; ${held.join(', ')}` : ''}${unsigned}`,
    time: times.join('; ') || '`exp`, if it is there',
  };
}

function equalPlace(place: Extract<WayForm, { kind: 'equal' }>['place']): string {
  if ('header' in place) return `\`${place.header}\``;
  if ('query' in place) return `query: ${ticked(place.query, ' or ')}`;
  return `in each item of \`${place.list}\`: \`${place.key}\``;
}

const ticked = (names: readonly string[], separator: string) =>
  names.map((name) => `\`${name}\``).join(separator);

function idOf(name: SchemeName, { eventId, batch, ways }: Scheme): string {
  const unsigned = new Set(
    ways.every(({ signs }) => signs === 'nothing') ? [] : unsignedPlaces(name, eventId),
  );
  const places = eventId.map(
    (place) => `${placeText(place)}${isUnsigned(place, unsigned) ? ' (not signed)' : ''}`,
  );
  return `${batchOf(batch)}${places.join(', ')}`;
}

function isUnsigned(place: Place, unsigned: ReadonlySet<string>): boolean {
  if (typeof place === 'string') return unsigned.has(place);
  return ('join' in place ? place.join : place.digest).some((part) => isUnsigned(part, unsigned));
}

function batchOf(batch: Scheme['batch']): string {
  if (batch === undefined) return '';
  const lists = [batch].flat().map((path) => (path === '' ? 'the body' : `\`${path}\``));
  return `each item of ${lists.join(' or ')}: `;
}

function placeText(place: Place): string {
  if (typeof place === 'string')
    return place.startsWith('header.') ? `header \`${place.slice(7)}\`` : `\`${place}\``;
  if ('join' in place) return place.join.map(placeText).join(' + ');
  return place.digest.length === 1 && place.digest[0] === 'body'
    ? 'digest of the body'
    : `digest of ${place.digest.map(placeText).join(', ')}`;
}

function answerOf(answer: SchemeAnswer | undefined): string {
  if (answer === undefined) return '202, 200';
  const { status, body } = answer;
  if (status === 204 || body === '') return `${status}, empty`;
  return body === undefined ? String(status) : `${status}, \`${body}\``;
}

function handshakesOf({ handshake, challenge, confirm }: Scheme): string {
  const all = [
    ...(handshake?.methods ?? []),
    ...(challenge ? ['POST, signed'] : []),
    ...(confirm ? ['POST, signed; the address in it is visited'] : []),
  ];
  return all.join('; ') || '–';
}
