// Turns a configured secret into the key it stands for, or into the reason why it cannot be used.
import type { Key } from './scheme.ts';

const ED25519_PUBLIC_KEY_BYTES = 32;

/** Takes the whole text as the key. For Stripe, `whsec_` is part of the key. */
export function textKey(secret: string): Key | string {
  if (secret.trim() === '') return 'the secret is empty';
  return { algorithm: 'hmac-sha256', bytes: Buffer.from(secret, 'utf8') };
}

/** Reads keys as Standard Webhooks serialises them: `whsec_` and `whpk_` with base64; anything else is raw text. */
export function standardKey(secret: string): Key | string {
  if (secret.startsWith('v1,whsec_')) return "the secret begins at 'whsec_'; leave out the 'v1,' before it";
  if (secret.startsWith('whsec_')) {
    const bytes = decodeKeyText(secret.slice('whsec_'.length));
    if (!bytes) return "what follows 'whsec_' is not padded base64";
    return { algorithm: 'hmac-sha256', bytes };
  }
  if (secret.startsWith('whpk_')) {
    const bytes = decodeKeyText(secret.slice('whpk_'.length));
    if (bytes?.length !== ED25519_PUBLIC_KEY_BYTES)
      return "what follows 'whpk_' is not padded base64 of 32 bytes";
    return { algorithm: 'ed25519', bytes };
  }
  if (secret.startsWith('whsk_')) {
    return "'whsk_' marks the private half of an Ed25519 pair; verify with its 'whpk_' half";
  }
  return textKey(secret);
}

/** Requires padding, as the Standard Webhooks libraries do: without padding, the other side could not use the key. */
function decodeKeyText(text: string): Uint8Array | undefined {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]{2,}={0,2}$/.test(text);
  return isBase64 ? Buffer.from(text, 'base64') : undefined;
}
