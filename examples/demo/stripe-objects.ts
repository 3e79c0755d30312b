// Stripe's event types, and for each the object of an example event, in the shape of Stripe's API.

const metadata = {};
const customer = 'cus_TQ8bYx2mK4vLpR';
const currency = 'eur';
const created = 1_764_028_800;
const period = { start: created, end: created + 2_592_000 };
const billing_details = {
  address: { city: 'Kraków', country: 'PL', line1: 'ul. Święty Marek 8', postal_code: '31-014' },
  email: 'zoe@example.com',
  name: 'Zoë Łukasiewicz 🚲',
  phone: null,
};
const card = { brand: 'visa', country: 'PL', exp_month: 8, exp_year: 2031, funding: 'credit', last4: '4242' };
const charge = {
  id: 'ch_3SXk2eLkdIwHu7ix0Gt1f5Rw',
  object: 'charge',
  amount: 4_900,
  amount_captured: 4_900,
  amount_refunded: 0,
  billing_details,
  created,
  currency,
  customer,
  metadata,
  payment_intent: 'pi_3SXk2eLkdIwHu7ix0u6WqVbN',
  payment_method_details: { type: 'card', card },
};
const invoice = {
  id: 'in_1SXk2cLkdIwHu7ixbZ0hQ3sT',
  object: 'invoice',
  account_name: 'Surehook "Demo" \\ Sp. z o.o.',
  amount_due: 4_900,
  billing_reason: 'subscription_cycle',
  created,
  currency,
  customer,
  lines: {
    object: 'list',
    data: [
      { id: 'il_1SXk2c', object: 'line_item', amount: 4_900, description: '1 × Pro (at €49.00)', period },
    ],
    has_more: false,
  },
  metadata,
  number: 'A7F3C2D1-0042',
};
const subscription = {
  id: 'sub_1SXk2cLkdIwHu7ixA8mPz5Jy',
  object: 'subscription',
  collection_method: 'charge_automatically',
  created,
  currency,
  customer,
  latest_invoice: invoice.id,
  metadata,
};

export const STRIPE_OBJECTS: Readonly<Record<string, object>> = {
  'customer.created': {
    id: customer,
    object: 'customer',
    address: billing_details.address,
    balance: 0,
    created,
    email: billing_details.email,
    invoice_prefix: 'A7F3C2D1',
    metadata: { plan: 'pro', 'emoji ✓': '💶', html: '<b>&amp;</b>', 'line\u2028separator': '\u0000\u001f' },
    name: billing_details.name,
  },
  'checkout.session.completed': {
    id: 'cs_test_a1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6',
    object: 'checkout.session',
    amount_subtotal: 3_984,
    amount_total: 4_900,
    created,
    currency,
    customer,
    customer_details: { ...billing_details, tax_ids: [] },
    metadata: { order: '6735' },
    mode: 'subscription',
    payment_status: 'paid',
    status: 'complete',
    subscription: subscription.id,
    success_url: 'https://example.com/success?session={CHECKOUT_SESSION_ID}',
  },
  'payment_intent.succeeded': {
    id: charge.payment_intent,
    object: 'payment_intent',
    amount: 4_900,
    amount_received: 4_900,
    automatic_payment_methods: { allow_redirects: 'always', enabled: true },
    created,
    currency,
    customer,
    latest_charge: charge.id,
    metadata,
    payment_method_types: ['card', 'blik', 'p24'],
    status: 'succeeded',
  },
  'charge.succeeded': { ...charge, paid: true, status: 'succeeded', outcome: { type: 'authorized' } },
  'charge.failed': {
    ...charge,
    amount_captured: 0,
    failure_code: 'card_declined',
    failure_message: 'Your card has insufficient funds.',
    outcome: { network_status: 'declined_by_network', reason: 'insufficient_funds', type: 'issuer_declined' },
    paid: false,
    status: 'failed',
  },
  'invoice.paid': { ...invoice, amount_paid: 4_900, amount_remaining: 0, status: 'paid' },
  'invoice.payment_failed': {
    ...invoice,
    amount_paid: 0,
    amount_remaining: 4_900,
    attempt_count: 1,
    next_payment_attempt: created + 259_200,
    status: 'open',
  },
  'customer.subscription.created': { ...subscription, status: 'active', ended_at: null },
  'customer.subscription.deleted': {
    ...subscription,
    cancellation_details: { comment: null, feedback: 'too_expensive', reason: 'cancellation_requested' },
    ended_at: created + 86_400,
    status: 'canceled',
  },
  'payout.paid': {
    id: 'po_1SXkMfLkdIwHu7ixC9Yt0oLq',
    object: 'payout',
    amount: 1_284_433,
    arrival_date: created,
    automatic: true,
    created,
    currency,
    method: 'standard',
    status: 'paid',
  },
  'charge.dispute.created': {
    id: 'du_1SXkQaLkdIwHu7ixT3bW8eZn',
    object: 'dispute',
    amount: 4_900,
    charge: charge.id,
    created,
    currency,
    evidence_details: { due_by: created + 604_800, has_evidence: false, submission_count: 0 },
    reason: 'fraudulent',
    status: 'needs_response',
  },
};
