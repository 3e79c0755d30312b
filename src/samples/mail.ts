// Samples of providers of mail: SendGrid, which alone can sign its events, Mailgun and Resend.
import type { SamplesByScheme } from './sample.ts';

/** https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event */
const sendgridEvent = {
  email: 'ada@example.com',
  timestamp: 1764150298,
  'smtp-id': '<14c5d75ce93.dfd.64b469@mail.example.com>',
  category: ['order-confirmation'],
  sg_message_id: '14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0',
};

const SENDGRID: SamplesByScheme = {
  sendgrid: [
    {
      name: 'delivered',
      json: [
        {
          ...sendgridEvent,
          event: 'delivered',
          sg_event_id: 'ZGVsaXZlcmVkLTAtMTIzNDU2Nzg5MA',
          response: '250 2.0.0 OK',
          ip: '192.0.2.25',
          tls: 1,
        },
      ],
    },
    {
      name: 'open',
      json: [
        {
          ...sendgridEvent,
          event: 'open',
          sg_event_id: 'b3Blbi0wLTEyMzQ1Njc4OTA',
          useragent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
          ip: '192.0.2.77',
          sg_machine_open: false,
        },
      ],
    },
    {
      name: 'bounce',
      json: [
        {
          ...sendgridEvent,
          event: 'bounce',
          sg_event_id: 'Ym91bmNlLTAtMTIzNDU2Nzg5MA',
          bounce_classification: 'Invalid Address',
          reason: '550 5.1.1 The mailbox does not exist.',
          status: '5.1.1',
          type: 'bounce',
        },
      ],
    },
  ],
};

/** https://documentation.mailgun.com/docs/mailgun/user-manual/events/event-structure; `signature` is added by signing */
const mailgunEvent = {
  campaigns: [],
  tags: ['order-confirmation'],
  recipient: 'ada@example.com',
  'recipient-domain': 'example.com',
  'user-variables': { order_id: 'A-17' },
  message: {
    headers: {
      to: 'Ada Example <ada@example.com>',
      'message-id': '20261126094458.1.56E3E3C1D2A0B4F5@mg.example.com',
      from: 'Shop <shop@example.com>',
      subject: 'Your order A-17',
    },
    attachments: [],
    size: 1342,
  },
};

const MAILGUN: SamplesByScheme = {
  mailgun: [
    {
      name: 'delivered',
      json: {
        'event-data': {
          id: 'CPgfbmQMTCKtHW6uIWtuVe',
          event: 'delivered',
          timestamp: 1764150298.371625,
          'log-level': 'info',
          ...mailgunEvent,
          flags: {
            'is-routed': false,
            'is-authenticated': true,
            'is-system-test': false,
            'is-test-mode': false,
          },
          envelope: {
            transport: 'smtp',
            sender: 'shop@example.com',
            'sending-ip': '192.0.2.25',
            targets: 'ada@example.com',
          },
          'delivery-status': {
            tls: true,
            'mx-host': 'mx.example.com',
            'attempt-no': 1,
            description: '',
            'session-seconds': 0.433,
            utf8: true,
            code: 250,
            message: 'OK',
            'certificate-verified': true,
          },
        },
      },
    },
    {
      name: 'opened',
      json: {
        'event-data': {
          id: 'Ase7i2zsRYeDXztHGENqRA',
          event: 'opened',
          timestamp: 1764150322.102937,
          'log-level': 'info',
          ...mailgunEvent,
          ip: '192.0.2.77',
          geolocation: { country: 'DE', region: 'BE', city: 'Berlin' },
          'client-info': {
            'client-type': 'mobile browser',
            'client-os': 'iOS',
            'device-type': 'mobile',
            'client-name': 'Mobile Safari',
            'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)',
          },
        },
      },
    },
    {
      name: 'failed',
      json: {
        'event-data': {
          id: 'G9Bn5sl1TC6nu79C8C0bwg',
          event: 'failed',
          timestamp: 1764150298.910211,
          'log-level': 'error',
          ...mailgunEvent,
          severity: 'permanent',
          reason: 'suppress-bounce',
          flags: {
            'is-routed': false,
            'is-authenticated': true,
            'is-system-test': false,
            'is-test-mode': false,
          },
          'delivery-status': {
            'attempt-no': 1,
            message: '',
            code: 605,
            description: 'Not delivering to previously bounced address',
            'session-seconds': 0,
          },
        },
      },
    },
  ],
};

/** https://resend.com/docs/dashboard/webhooks/event-types */
const resendData = {
  created_at: '2026-11-26 09:44:57.102341+00',
  email_id: '56761188-7520-42d8-8898-ff6fc54ce618',
  from: 'Shop <shop@example.com>',
  to: ['ada@example.com'],
  subject: 'Your order A-17',
  tags: { category: 'order_confirmation' },
};

const RESEND: SamplesByScheme = {
  resend: [
    {
      name: 'email.delivered',
      headers: { 'svix-id': 'msg_2vT5hAkXfQ3nWcYrZ8mJpLsB4Ge' },
      json: { type: 'email.delivered', created_at: '2026-11-26T09:44:58.733Z', data: resendData },
    },
    {
      name: 'email.clicked',
      headers: { 'svix-id': 'msg_2vT5iD0sRkN7uHxEzV1yQoMw6Kb' },
      json: {
        type: 'email.clicked',
        created_at: '2026-11-26T09:48:11.090Z',
        data: {
          ...resendData,
          click: {
            ipAddress: '192.0.2.77',
            link: 'https://shop.example.com/orders/A-17',
            timestamp: '2026-11-26T09:48:10.913Z',
            userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
          },
        },
      },
    },
    {
      name: 'email.bounced',
      headers: { 'svix-id': 'msg_2vT5jF8bYpC4tLgAqS9iUxNh3Wd' },
      json: {
        type: 'email.bounced',
        created_at: '2026-11-26T09:44:59.400Z',
        data: {
          ...resendData,
          bounce: { message: 'The mailbox does not exist.', subType: 'General', type: 'Permanent' },
        },
      },
    },
  ],
};

export const MAIL_SAMPLES: SamplesByScheme = { ...SENDGRID, ...MAILGUN, ...RESEND };
