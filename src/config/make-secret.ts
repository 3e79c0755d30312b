// Makes secrets in the form that a signature scheme takes, for `surehook dev`.
import { findScheme, type HmacOptions, isWithoutSecret, type SchemeName } from '../signatures/index.ts';

/** What a secret is for. undefined: a header's value, or a token of the receiver's choice. */
export type SecretUse = SchemeName | 'delivery' | undefined;

/** Gives a value to a secret that is not set. @returns '' if there is none */
export type MakeSecret = (name: string, encode: EncodeSecret) => string;

export type EncodeSecret = (bytes: Buffer) => string;

/** In the order of choice: most schemes take any text, and what Standard Webhooks writes shows that it is a secret. */
const FORMS: readonly EncodeSecret[] = [
  (bytes) => `whsec_${bytes.toString('base64')}`,
  (bytes) => bytes.toString('base64'),
  (bytes) => bytes.toString('hex'),
  (bytes) => `surehook:${bytes.toString('hex')}`,
];

/**
 * @param options of the scheme `hmac`, which say what the text of a secret is
 * @returns undefined if only the provider can give the secret: it is a public key, or an id that the provider has chosen
 */
export function secretForm(use: SecretUse, options: HmacOptions = {}): EncodeSecret | undefined {
  if (use === undefined || use === 'delivery' || isWithoutSecret(use)) return FORMS[0];
  const { ways, key } = findScheme(use, options);
  if (!ways.some(({ sign }) => sign !== undefined)) return undefined;
  const example = Buffer.alloc(32, 1);
  return FORMS.find((encode) => {
    const made = key(encode(example));
    return typeof made !== 'string' && 'bytes' in made;
  });
}
