// What Surehook runs in the benchmarks: one source, a handler that does nothing, one endpoint.
import { defineConfig, secret } from 'surehook';

export default defineConfig({
  sources: {
    bench: {
      verify: { scheme: 'hmac', secrets: [secret('SOURCE_SECRET')] },
      handlers: { '*': async () => undefined },
      forwardTo: ['receiver'],
    },
  },
  endpoints: {
    receiver: { url: process.env.RECEIVER_URL ?? 'http://127.0.0.1:9', secrets: [secret('ENDPOINT_SECRET')] },
  },
});
