// The config of the trace tests: a handler that makes its own span with OpenTelemetry's API, and an endpoint.
import { trace } from '@opentelemetry/api';
import { defineConfig, secret } from 'surehook';

const receiver = process.env.RECEIVER_URL ?? 'http://127.0.0.1:9';

export default defineConfig({
  sources: {
    partner: {
      verify: { scheme: 'hmac', secrets: [secret('PARTNER_SECRET')] },
      handlers: {
        '*': async (event) => {
          const span = trace.getTracer('the handler').startSpan('work of the handler');
          span.setAttribute('surehook.event_id', event.id);
          await new Promise((resolve) => setTimeout(resolve, 5));
          span.end();
        },
      },
      forwardTo: ['first'],
    },
  },
  endpoints: {
    first: { url: `${receiver}/first?key=url-secret`, secrets: [secret('ENDPOINT_SECRET')], retry: [0, 100] },
  },
});
