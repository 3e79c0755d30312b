// Makes the events that every side gets: signed JSON of about 2 KB, each with its own id.
import { signRequest } from '../src/signatures/index.ts';

export const SOURCE_SECRET = 'bench-source-secret-0123456789';
export const ENDPOINT_SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';

export interface SignedEvent {
  id: string;
  body: Buffer;
  headers: Record<string, string>;
}

/** Makes and signs events before the clock starts, so that the sender's work is not measured. */
export function makeEvents(count: number, prefix: string): SignedEvent[] {
  return Array.from({ length: count }, (_, i) => makeEvent(`${prefix}-${i}`));
}

export function makeEvent(id: string, type = 'order.created'): SignedEvent {
  const body = Buffer.from(JSON.stringify(toOrder(id, type)));
  const signature = signRequest({ scheme: 'hmac', secret: SOURCE_SECRET, rawBody: body });
  return { id, body, headers: { 'content-type': 'application/json', ...signature } };
}

function toOrder(event_id: string, type: string) {
  const line = (n: number) => ({
    line_id: `${event_id}-${n}`,
    sku: `SKU-${(n * 7919) % 10_007}`,
    title: `Item ${n} of the order, in the words of the shop`,
    quantity: (n % 3) + 1,
    unit_price: { amount: 1_999 + n * 37, currency: 'EUR' },
    tax_rate: 0.19,
  });
  return {
    event_id,
    type,
    created_at: new Date().toISOString(),
    data: {
      order_id: `order_${event_id}`,
      customer: {
        id: `cus_${event_id}`,
        email: 'someone@example.com',
        name: 'Ada Lovelace',
        locale: 'en-GB',
      },
      shipping: { street: '12 St James Square', city: 'London', postal_code: 'SW1Y 4JH', country: 'GB' },
      lines: Array.from({ length: 8 }, (_, n) => line(n)),
    },
  };
}
