// A config with a source of large bodies, whose handler returns the body's size, and an endpoint.
import { defineConfig, secret } from 'surehook';

const receiver = process.env.RECEIVER_URL ?? 'http://127.0.0.1:9';
const partner = { scheme: 'hmac' as const, secrets: [secret('PARTNER_SECRET')] };

export default defineConfig({
  sources: {
    partner: {
      verify: partner,
      maxBodyBytes: 16_777_216,
      handlers: {
        '*': async (event) => ({ size: event.rawBody.length, marker: event.payload.marker.length }),
      },
      forwardTo: ['first'],
    },
  },
  endpoints: {
    first: { url: `${receiver}/first`, secrets: [secret('ENDPOINT_SECRET')], retry: [0, 200, 200, 200] },
  },
});
