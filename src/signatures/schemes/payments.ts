// Schemes of payment providers and billing.
import { textKey } from '../keys.ts';
import { type Scheme, scheme } from '../scheme.ts';
import { keyValueList } from '../signature-headers.ts';
import { signed } from '../signed.ts';

export const PAYMENT_SCHEMES = {
  stripe: scheme({
    ways: [
      signed({
        header: 'stripe-signature',
        syntax: keyValueList({ separator: ',', timestamp: 't', signature: 'v1' }),
        encoding: 'hex',
        signed: '{timestamp}.{body}',
        time: { unit: 's', toleranceSeconds: 300 },
      }),
    ],
    key: textKey,
    eventId: ['body.id'],
    eventType: ['body.type'],
    docs: 'https://docs.stripe.com/webhooks/signature',
  }),
} satisfies Record<string, Scheme>;
