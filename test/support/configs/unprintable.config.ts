// A handler and an endpoint that write what a terminal must not get: control characters and bidi marks.
import { defineConfig, type Handler, PermanentError, secret } from 'surehook';

const failing: Handler = ({ payload }, { log }) => {
  const text = String(payload.text);
  log.warn(`said: ${text}`, { [`field ${text}`]: text });
  throw Object.assign(new PermanentError(`refused: ${text}`), { name: `Named${text}` });
};

export default defineConfig({
  sources: {
    partner: {
      verify: { scheme: 'hmac', secrets: [secret('PARTNER_SECRET')] },
      handlers: { failing },
      forwardTo: { forwarded: ['first'] },
    },
  },
  endpoints: {
    first: {
      url: `${process.env.RECEIVER_URL}/first`,
      secrets: [secret('ENDPOINT_SECRET')],
      retry: [],
      breaker: false,
    },
  },
});
