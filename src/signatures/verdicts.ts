// What a verifier says.
import type { VerifyFailure, VerifyResult } from './scheme.ts';

export const OK: VerifyResult = Object.freeze({ ok: true });

export function failed(code: VerifyFailure, detail: string): VerifyResult {
  return { ok: false, code, detail };
}

export function missingHeaders(names: readonly string[]): VerifyResult {
  const [name, ...more] = names.map((one) => `'${one}'`);
  return failed(
    'signature_missing',
    more.length === 0
      ? `the header ${name} is missing or empty`
      : `the headers ${[name, ...more].join(' and ')} are missing or empty`,
  );
}
