// The sources, handlers, endpoints and task types of this installation. See docs/configuration.md.
import { analyzeDocument, defineConfig, PermanentError, secret } from 'surehook';

export default defineConfig({
  sources: {
    // A sender of your own: it puts the HMAC-SHA256 of the raw body into X-Webhook-Signature.
    partner: {
      verify: { scheme: 'hmac', secrets: [secret('PARTNER_WEBHOOK_SECRET')], header: 'X-Webhook-Signature' },
      eventId: ['body.event_id'], // a header is not signed, so whoever replays a request could change it
      handlers: {
        'order.created': async (event, context) => {
          const orderId = event.payload.data?.order_id;
          if (!orderId) throw new PermanentError('the order has no data.order_id');
          context.log.info('order recorded', { order_id: orderId });
          return { order_id: orderId };
        },
        '*': async (event, context) => context.log.info('partner event received', { type: event.type }),
      },
    },
    github: {
      verify: { scheme: 'github', secrets: [secret('GITHUB_WEBHOOK_SECRET')] },
      handlers: {
        push: async (event) => ({ repository: event.payload.repository?.full_name, ref: event.payload.ref }),
      },
    },
    stripe: {
      verify: { scheme: 'stripe', secrets: [secret('STRIPE_WEBHOOK_SECRET')] },
      forwardTo: { 'invoice.paid': ['billing'] },
    },
  },
  // Clients with an API key ask for it at POST /agent/analyze-document.
  tasks: { 'analyze-document': analyzeDocument() },
  endpoints: {
    billing: { url: 'http://localhost:9000/hooks', secrets: [secret('BILLING_ENDPOINT_SECRET')] },
  },
});
