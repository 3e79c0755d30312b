// A config with sources of small and of large bodies, without handlers: what strangers and large bodies cost.
import { defineConfig, secret } from 'surehook';
import { z } from 'zod';

const partner = { scheme: 'hmac' as const, secrets: [secret('PARTNER_SECRET')] };
const small = { verify: partner };
const large = { verify: partner, maxBodyBytes: 16_777_216 };

export default defineConfig({
  sources: {
    partner: small,
    other: small,
    paced: { ...small, rateLimit: { perSecond: 2, burst: 3 } },
    large,
    strict: {
      ...large,
      schema: z.object({ event_id: z.string(), items: z.array(z.object({ sku: z.string() })) }),
    },
  },
});
