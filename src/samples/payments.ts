// Samples of payment providers: Square, Paddle, Razorpay, GoCardless and Adyen.
import type { SamplesByScheme } from './sample.ts';

/** https://developer.squareup.com/reference/square/webhooks */
const squareEvent = { merchant_id: '6SSW7HV8K2ST5', created_at: '2026-11-26T09:44:58.412Z' };
const euros = (amount: number) => ({ amount, currency: 'EUR' });

const SQUARE: SamplesByScheme = {
  square: [
    {
      name: 'payment.updated',
      json: {
        ...squareEvent,
        type: 'payment.updated',
        event_id: '6a8f5f28-54a1-4eb0-a98a-3111513fd4fc',
        data: {
          type: 'payment',
          id: 'hYy9pRFVxpDsO1FB05SunFWUe9JZY',
          object: {
            payment: {
              amount_money: euros(4999),
              approved_money: euros(4999),
              card_details: {
                auth_result_code: '8WJ4ZD',
                avs_status: 'AVS_ACCEPTED',
                card: {
                  bin: '411111',
                  card_brand: 'VISA',
                  card_type: 'CREDIT',
                  exp_month: 11,
                  exp_year: 2029,
                  last_4: '1111',
                },
                cvv_status: 'CVV_ACCEPTED',
                entry_method: 'KEYED',
                status: 'CAPTURED',
              },
              created_at: '2026-11-26T09:44:56.280Z',
              id: 'hYy9pRFVxpDsO1FB05SunFWUe9JZY',
              location_id: 'S8GWD5R9QB376',
              order_id: '03O3USaPaAaFnI6kkwB1JxGgBsUZY',
              receipt_number: 'hYy9',
              risk_evaluation: { created_at: '2026-11-26T09:44:57.010Z', risk_level: 'NORMAL' },
              source_type: 'CARD',
              status: 'COMPLETED',
              total_money: euros(4999),
              updated_at: '2026-11-26T09:44:58.198Z',
              version_token: 'bhC3b8qKJvNDdxqKzXaeDsAjS1oMFuAKxGgT32HbE6S6o',
            },
          },
        },
      },
    },
    {
      name: 'refund.created',
      json: {
        ...squareEvent,
        type: 'refund.created',
        event_id: 'bc316346-6691-4243-88ed-6d651a0d0c47',
        data: {
          type: 'refund',
          id: 'KkAkhdMsgzn59SM8A89WgKwekxLZY_ptnT9rdkyhdIWpkLL8T7OjsFMQv',
          object: {
            refund: {
              id: 'KkAkhdMsgzn59SM8A89WgKwekxLZY_ptnT9rdkyhdIWpkLL8T7OjsFMQv',
              created_at: '2026-11-26T09:44:58.100Z',
              updated_at: '2026-11-26T09:44:58.300Z',
              amount_money: euros(1000),
              status: 'PENDING',
              location_id: 'S8GWD5R9QB376',
              order_id: '03O3USaPaAaFnI6kkwB1JxGgBsUZY',
              payment_id: 'hYy9pRFVxpDsO1FB05SunFWUe9JZY',
              reason: 'One cup was broken',
            },
          },
        },
      },
    },
    {
      name: 'customer.created',
      json: {
        ...squareEvent,
        type: 'customer.created',
        event_id: '9c0b1d2e-3f4a-4b5c-8d6e-7f8091a2b3c4',
        data: {
          type: 'customer',
          id: 'JDKYHBWT1D4F8MFH63DBMEN8Y4',
          object: {
            customer: {
              address: {
                address_line_1: 'Musterstraße 1',
                country: 'DE',
                locality: 'Berlin',
                postal_code: '10115',
              },
              created_at: '2026-11-26T09:44:57.590Z',
              creation_source: 'THIRD_PARTY',
              email_address: 'ada@example.com',
              family_name: 'Example',
              given_name: 'Ada',
              id: 'JDKYHBWT1D4F8MFH63DBMEN8Y4',
              preferences: { email_unsubscribed: false },
              updated_at: '2026-11-26T09:44:57Z',
              version: 0,
            },
          },
        },
      },
    },
  ],
};

/** https://developer.paddle.com/webhooks/overview */
const paddleNote = (id: string) => ({ occurred_at: '2026-11-26T09:44:57.198Z', notification_id: id });
const PADDLE_ITEM = {
  price: {
    id: 'pri_01kb0c4qf6z8m2h7x5v9d3n1rt',
    product_id: 'pro_01kb0c3w8s5j9q1t7y4a6e2g0k',
    description: 'Team, monthly',
    type: 'standard',
    status: 'active',
    tax_mode: 'account_setting',
    unit_price: { amount: '2900', currency_code: 'EUR' },
    billing_cycle: { interval: 'month', frequency: 1 },
    trial_period: null,
    quantity: { minimum: 1, maximum: 100 },
    custom_data: null,
  },
  quantity: 1,
};

const PADDLE: SamplesByScheme = {
  paddle: [
    {
      name: 'transaction.completed',
      json: {
        event_id: 'evt_01kb0c8y3n5v7t9x1z2b4d6f8h',
        event_type: 'transaction.completed',
        ...paddleNote('ntf_01kb0c8y7a2c4e6g8j0m1p3r5t'),
        data: {
          id: 'txn_01kb0c7d4f6h8k0n2q5s7v9x1z',
          status: 'completed',
          customer_id: 'ctm_01kb0c5m8p0r2t4v6x8z1b3d5f',
          address_id: 'add_01kb0c5q1s3v5x7z9b2d4f6h8k',
          business_id: null,
          custom_data: { order_id: 'A-17' },
          currency_code: 'EUR',
          origin: 'web',
          subscription_id: 'sub_01kb0c8a2c4e6g8j0m1p3r5t7w',
          invoice_number: '74-10017',
          collection_mode: 'automatic',
          discount_id: null,
          billed_at: '2026-11-26T09:44:55.631Z',
          items: [PADDLE_ITEM],
          details: {
            totals: {
              subtotal: '2437',
              discount: '0',
              tax: '463',
              total: '2900',
              fee: '195',
              earnings: '2242',
              currency_code: 'EUR',
            },
            tax_rates_used: [
              { tax_rate: '0.19', totals: { subtotal: '2437', discount: '0', tax: '463', total: '2900' } },
            ],
          },
          payments: [
            {
              payment_attempt_id: 'b4d9a1e0-6f3c-4c52-9b8e-2a7d5f10c3e6',
              amount: '2900',
              status: 'captured',
              error_code: null,
              method_details: {
                type: 'card',
                card: { type: 'visa', last4: '4242', expiry_month: 11, expiry_year: 2029 },
              },
              created_at: '2026-11-26T09:44:52.100Z',
              captured_at: '2026-11-26T09:44:55.400Z',
            },
          ],
          created_at: '2026-11-26T09:44:30.002Z',
          updated_at: '2026-11-26T09:44:57.001Z',
        },
      },
    },
    {
      name: 'subscription.created',
      json: {
        event_id: 'evt_01kb0c8z5q7s9v1x3z5b7d9f2h',
        event_type: 'subscription.created',
        ...paddleNote('ntf_01kb0c8z9d1f3h5k7n9q2s4v6x'),
        data: {
          id: 'sub_01kb0c8a2c4e6g8j0m1p3r5t7w',
          status: 'active',
          customer_id: 'ctm_01kb0c5m8p0r2t4v6x8z1b3d5f',
          address_id: 'add_01kb0c5q1s3v5x7z9b2d4f6h8k',
          transaction_id: 'txn_01kb0c7d4f6h8k0n2q5s7v9x1z',
          currency_code: 'EUR',
          billing_cycle: { interval: 'month', frequency: 1 },
          current_billing_period: {
            starts_at: '2026-11-26T09:44:55.400Z',
            ends_at: '2026-12-26T09:44:55.400Z',
          },
          collection_mode: 'automatic',
          items: [{ status: 'active', recurring: true, ...PADDLE_ITEM }],
          scheduled_change: null,
          started_at: '2026-11-26T09:44:55.400Z',
          first_billed_at: '2026-11-26T09:44:55.400Z',
          next_billed_at: '2026-12-26T09:44:55.400Z',
          paused_at: null,
          canceled_at: null,
          custom_data: null,
          created_at: '2026-11-26T09:44:57.001Z',
          updated_at: '2026-11-26T09:44:57.001Z',
        },
      },
    },
    {
      name: 'customer.created',
      json: {
        event_id: 'evt_01kb0c905s7v9x1z3b5d7f9h2k',
        event_type: 'customer.created',
        ...paddleNote('ntf_01kb0c909f1h3k5n7q9s2v4x6z'),
        data: {
          id: 'ctm_01kb0c5m8p0r2t4v6x8z1b3d5f',
          name: 'Ada Example',
          email: 'ada@example.com',
          locale: 'de',
          status: 'active',
          marketing_consent: false,
          custom_data: null,
          created_at: '2026-11-26T09:44:20.520Z',
          updated_at: '2026-11-26T09:44:20.520Z',
        },
      },
    },
  ],
};

/** https://razorpay.com/docs/webhooks/payloads/payments/ */
const razorpayEvent = { entity: 'event', account_id: 'acc_BFQ7uQEaa7j2z7', created_at: 1764150298 };
const RAZORPAY_PAYMENT = {
  id: 'pay_DESlfW9H8K9uqM',
  entity: 'payment',
  amount: 499900,
  currency: 'INR',
  status: 'captured',
  order_id: 'order_DESlLckIVRkHWj',
  invoice_id: null,
  international: false,
  method: 'netbanking',
  amount_refunded: 0,
  refund_status: null,
  captured: true,
  description: 'Order A-17',
  card_id: null,
  bank: 'HDFC',
  wallet: null,
  vpa: null,
  email: 'ada@example.com',
  contact: '+915550100123',
  notes: { order_id: 'A-17' },
  fee: 11798,
  tax: 1800,
  error_code: null,
  error_description: null,
  created_at: 1764150290,
};

const RAZORPAY: SamplesByScheme = {
  razorpay: [
    {
      name: 'payment.captured',
      headers: { 'x-razorpay-event-id': 'MfD1kXo7RfQv2T' },
      json: {
        ...razorpayEvent,
        event: 'payment.captured',
        contains: ['payment'],
        payload: { payment: { entity: RAZORPAY_PAYMENT } },
      },
    },
    {
      name: 'payment.failed',
      headers: { 'x-razorpay-event-id': 'MfD2bPw4HsJy8N' },
      json: {
        ...razorpayEvent,
        event: 'payment.failed',
        contains: ['payment'],
        payload: {
          payment: {
            entity: {
              ...RAZORPAY_PAYMENT,
              status: 'failed',
              captured: false,
              fee: null,
              tax: null,
              error_code: 'BAD_REQUEST_ERROR',
              error_description: 'Payment was not completed on time.',
              error_source: 'customer',
              error_step: 'payment_authentication',
              error_reason: 'payment_timed_out',
            },
          },
        },
      },
    },
    {
      name: 'order.paid',
      headers: { 'x-razorpay-event-id': 'MfD3cTz9LkGu5X' },
      json: {
        ...razorpayEvent,
        event: 'order.paid',
        contains: ['payment', 'order'],
        payload: {
          payment: { entity: RAZORPAY_PAYMENT },
          order: {
            entity: {
              id: 'order_DESlLckIVRkHWj',
              entity: 'order',
              amount: 499900,
              amount_paid: 499900,
              amount_due: 0,
              currency: 'INR',
              receipt: 'A-17',
              offer_id: null,
              status: 'paid',
              attempts: 1,
              notes: { order_id: 'A-17' },
              created_at: 1764150260,
            },
          },
        },
      },
    },
  ],
};

/** https://developer.gocardless.com/api-reference/#core-endpoints-events */
const gocardlessEvent = (id: string, event: object) => ({
  events: [
    {
      id,
      created_at: '2026-11-26T09:44:58.412Z',
      ...event,
      metadata: {},
      resource_metadata: { order_id: 'A-17' },
    },
  ],
  meta: { webhook_id: 'WB001KB0C8Y3N5' },
});

const GOCARDLESS: SamplesByScheme = {
  gocardless: [
    {
      name: 'payments:confirmed',
      json: gocardlessEvent('EV01KB0C8Y3N5V', {
        resource_type: 'payments',
        action: 'confirmed',
        links: { payment: 'PM01KB0C7D4F6H' },
        details: {
          origin: 'gocardless',
          cause: 'payment_confirmed',
          description:
            'Enough time has passed since the payment was submitted for the banks to return an error.',
        },
      }),
    },
    {
      name: 'payments:failed',
      json: gocardlessEvent('EV01KB0C8Z5Q7S', {
        resource_type: 'payments',
        action: 'failed',
        links: { payment: 'PM01KB0C7D4F6H' },
        details: {
          origin: 'bank',
          cause: 'insufficient_funds',
          scheme: 'sepa_core',
          reason_code: 'AM04',
          will_attempt_retry: false,
          description: 'The account has not enough money.',
        },
      }),
    },
    {
      name: 'mandates:cancelled',
      json: gocardlessEvent('EV01KB0C905S7V', {
        resource_type: 'mandates',
        action: 'cancelled',
        links: { mandate: 'MD01KB0C5M8P0R' },
        details: {
          origin: 'bank',
          cause: 'bank_account_closed',
          scheme: 'sepa_core',
          reason_code: 'AC04',
          description: 'The bank account is closed.',
        },
      }),
    },
  ],
};

/** https://docs.adyen.com/development-resources/webhooks/webhook-types/; each item is signed in `additionalData` */
const adyenItem = (item: object) => ({
  live: 'false',
  notificationItems: [
    {
      NotificationRequestItem: {
        amount: { currency: 'EUR', value: 4999 },
        eventDate: '2026-11-26T10:44:58+01:00',
        merchantAccountCode: 'ExampleMerchant',
        merchantReference: 'A-17',
        success: 'true',
        ...item,
      },
    },
  ],
});

const ADYEN: SamplesByScheme = {
  adyen: [
    {
      name: 'AUTHORISATION',
      json: adyenItem({
        additionalData: { authCode: '081234', cardSummary: '1111', expiryDate: '11/2029' },
        eventCode: 'AUTHORISATION',
        operations: ['CANCEL', 'CAPTURE', 'REFUND'],
        paymentMethod: 'visa',
        pspReference: 'QFQTPCQ8HXSKGK82',
        reason: '081234:1111:11/2029',
      }),
    },
    {
      name: 'CAPTURE',
      json: adyenItem({
        eventCode: 'CAPTURE',
        originalReference: 'QFQTPCQ8HXSKGK82',
        paymentMethod: 'visa',
        pspReference: 'WDZ6BTL4CZVQ2M75',
        reason: '',
      }),
    },
    {
      name: 'REFUND',
      json: adyenItem({
        amount: { currency: 'EUR', value: 1000 },
        eventCode: 'REFUND',
        originalReference: 'QFQTPCQ8HXSKGK82',
        paymentMethod: 'visa',
        pspReference: 'KHQC5N7G84BLNK43',
        reason: '',
      }),
    },
  ],
};

export const PAYMENT_SAMPLES: SamplesByScheme = {
  ...SQUARE,
  ...PADDLE,
  ...RAZORPAY,
  ...GOCARDLESS,
  ...ADYEN,
};
