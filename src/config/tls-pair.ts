// Reads the certificate and the key of the public listener: whole and fitting, or not at all.
import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.ts';
import { checkCertificate, checkKey, isPair } from './pem.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  cert: string;
  key: string;
}

/** PEM texts. */
export interface TlsPair {
  cert: string;
  key: string;
}

/** @throws ConfigError that names the setting, the file and the fault */
export function readTlsPair(files: TlsFiles): TlsPair {
  const cert = read('SUREHOOK_TLS_CERT', files.cert, checkCertificate);
  const key = read('SUREHOOK_TLS_KEY', files.key, checkKey);
  if (isPair(cert, key)) return { cert, key };
  throw new ConfigError(
    `SUREHOOK_TLS_KEY: ${files.key} is not the key of the certificate in SUREHOOK_TLS_CERT, ${files.cert}`,
  );
}

function read(setting: string, path: string, check: (value: string) => string | undefined): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`${setting}: ${(error as Error).message}`);
  }
  const fault = check(text);
  if (fault === undefined) return text;
  throw new ConfigError(`${setting}: ${path}: ${fault}`);
}
