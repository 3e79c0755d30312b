// The config of the tests of providers: one source for every signature scheme, under the name of its scheme.
import { defineConfig, secret } from 'surehook';
import { isWithoutSecret, SCHEME_NAMES, type SchemeName } from 'surehook/signatures';

/** What providers send for keys that Surehook would fetch. */
const certificates = JSON.parse(process.env.PROVIDER_CERTIFICATES ?? '{}') as Record<string, string>;
const jwks = JSON.parse(process.env.PROVIDER_JWKS ?? '{}') as Record<string, Record<string, unknown>>;
const WITH_TOKEN: readonly SchemeName[] = ['meta', 'whatsapp', 'strava', 'ebay'];

const envName = (scheme: string) => `SECRET_${scheme.toUpperCase().replaceAll('-', '_')}`;

function verifyOf(scheme: SchemeName) {
  if (scheme === 'hmac') return { scheme, secrets: [secret(envName(scheme))] };
  return {
    scheme,
    ...(isWithoutSecret(scheme) ? {} : { secrets: [secret(envName(scheme))] }),
    ...(WITH_TOKEN.includes(scheme) ? { verifyToken: secret('VERIFY_TOKEN') } : {}),
    ...(scheme === 'plaid' ? { sandbox: true } : {}),
    certificates,
    jwks,
  } as { scheme: Exclude<SchemeName, 'hmac'>; secrets: [ReturnType<typeof secret>] };
}

const sources = Object.fromEntries(SCHEME_NAMES.map((scheme) => [scheme, { verify: verifyOf(scheme) }]));

export default defineConfig({
  sources: {
    ...sources,
    'of-our-choice': {
      verify: verifyOf('gocardless'),
      respond: { status: 207, body: 'got it', contentType: 'text/x-thanks' },
    },
  },
});
