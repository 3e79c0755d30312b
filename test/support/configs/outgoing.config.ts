// A config of endpoints that need TLS of their own, sit behind a proxy, or ask for waits.
import { defineConfig, secret } from 'surehook';

const {
  RECEIVER_URL: receiver,
  FAR_URL: far = 'http://far.test',
  SECURE_URL: secure = 'https://localhost',
  CA_FILE: ca = '',
  SUFFIX: suffix = '',
} = process.env;
const secrets = [secret('ENDPOINT_SECRET')];
const partner = { scheme: 'hmac' as const, secrets: [secret('PARTNER_SECRET')] };
const common = { secrets, retry: [0, 0, 0, 0] };

export default defineConfig({
  sources: {
    partner: {
      verify: partner,
      forwardTo: {
        secure: [`secure${suffix}`],
        far: [`far${suffix}`],
        limited: [`limited${suffix}`],
        moved: [`moved${suffix}`],
        slow: [`slow${suffix}`],
      },
    },
  },
  endpoints: {
    [`secure${suffix}`]: {
      ...common,
      url: `${secure}/secure`,
      tls: { ca, cert: secret('CLIENT_CERT'), key: secret('CLIENT_KEY') },
    },
    [`far${suffix}`]: { ...common, url: `${far}/far` },
    [`limited${suffix}`]: { ...common, url: `${receiver}/limited` },
    [`moved${suffix}`]: { ...common, url: `${receiver}/moved`, retry: [] },
    [`slow${suffix}`]: { ...common, url: `${receiver}/slow` },
  },
});
