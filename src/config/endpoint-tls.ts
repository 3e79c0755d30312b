// Resolves the certificates of an endpoint, and checks them at start: at the first delivery it would be too late.
import { dirname, resolve as resolvePath } from 'node:path';
import type { EndpointTls } from './config.ts';
import type { ConfigDescription } from './describe-config.ts';
import { checkCertificate, checkKey, isPair } from './pem.ts';
import type { SecretStore } from './secret-store.ts';

type Given = NonNullable<ConfigDescription['endpoints'][string]['tls']>;

interface Where {
  at: string;
  url: string;
  /** Of the config file: paths are relative to its folder. */
  configPath: string;
}

export function toEndpointTls(
  { ca, cert, key }: Given,
  { at, url, configPath }: Where,
  store: SecretStore,
): EndpointTls {
  const resolve = (given: Given['ca'], part: string, check: (value: string) => string | undefined) =>
    given === undefined ? undefined : store.resolvePem(toPath(given), `${at}.${part}`, check);
  const toPath = (given: NonNullable<Given['ca']>) =>
    typeof given === 'string' ? resolvePath(dirname(configPath), given) : given;
  const resolved = {
    ca: resolve(ca, 'ca', checkCertificate)?.reveal(),
    cert: resolve(cert, 'cert', checkCertificate)?.reveal(),
    key: resolve(key, 'key', checkKey),
  };
  if ((cert === undefined) !== (key === undefined)) store.refuseTls(at, 'cert and key need each other');
  else if (resolved.cert && resolved.key?.reveal() && !isPair(resolved.cert, resolved.key.reveal()))
    store.refuseTls(at, 'key is not the key of cert');
  if (new URL(url).protocol !== 'https:') store.refuseTls(at, 'the URL is not https');
  return Object.freeze(resolved);
}
