// Checks certificates and keys in PEM form, and whether they fit each other.
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

/** @returns what is wrong, in words that do not show the value */
export function checkCertificate(value: string): string | undefined {
  try {
    new X509Certificate(value);
    return undefined;
  } catch {
    return 'expected a certificate in PEM form (-----BEGIN CERTIFICATE-----)';
  }
}

/** @returns what is wrong, in words that do not show the value */
export function checkKey(value: string): string | undefined {
  try {
    createSecureContext({ key: value });
    return undefined;
  } catch {
    return 'expected a private key in PEM form without a passphrase (-----BEGIN PRIVATE KEY-----)';
  }
}

export function isPair(cert: string, key: string): boolean {
  try {
    createSecureContext({ cert, key });
    return true;
  } catch {
    return false;
  }
}
