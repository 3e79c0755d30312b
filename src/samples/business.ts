// Samples of tools of offices: HubSpot, Intercom, Typeform, Zendesk and Xero.
import type { SamplesByScheme } from './sample.ts';

/** https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide */
const hubspotSample = (subscriptionType: string, eventId: number, event: object) => ({
  name: subscriptionType,
  json: [
    {
      eventId,
      subscriptionId: 3847190,
      portalId: 62515,
      appId: 1160452,
      occurredAt: 1764150298412,
      subscriptionType,
      attemptNumber: 0,
      objectId: 8217301922,
      changeSource: 'CRM_UI',
      sourceId: 'userId:9586504',
      ...event,
    },
  ],
});

const HUBSPOT: SamplesByScheme = {
  hubspot: [
    hubspotSample('contact.creation', 3816279340, { changeFlag: 'CREATED' }),
    hubspotSample('contact.propertyChange', 3816279480, {
      propertyName: 'lifecyclestage',
      propertyValue: 'customer',
      isSensitive: false,
    }),
    hubspotSample('deal.propertyChange', 3816279614, {
      objectId: 51720938117,
      propertyName: 'dealstage',
      propertyValue: 'closedwon',
      isSensitive: false,
    }),
  ],
};

/** https://developers.intercom.com/docs/references/webhooks/webhook-models */
const INTERCOM_CONTACT = {
  type: 'contact',
  id: '6926c7d1e8a4b35f90c2d617',
  workspace_id: 'ecahpwf5',
  external_id: '25',
  role: 'user',
  email: 'ada@example.com',
  phone: null,
  name: 'Ada Example',
  avatar: null,
  owner_id: null,
  has_hard_bounced: false,
  marked_email_as_spam: false,
  unsubscribed_from_emails: false,
  created_at: '2026-11-26T09:26:41.000+00:00',
  updated_at: '2026-11-26T09:44:57.000+00:00',
  location: { type: 'location', country: 'Germany', region: 'Berlin', city: 'Berlin' },
  custom_attributes: { plan: 'team' },
};
const INTERCOM_CONVERSATION = {
  type: 'conversation',
  id: '21570394005',
  created_at: 1764150297,
  updated_at: 1764150298,
  source: {
    type: 'conversation',
    id: '2461902211',
    delivered_as: 'customer_initiated',
    subject: '',
    body: '<p>Is my order on its way?</p>',
    author: { type: 'user', id: INTERCOM_CONTACT.id, name: 'Ada Example', email: 'ada@example.com' },
    attachments: [],
    url: 'https://shop.example.com/orders/A-17',
    redacted: false,
  },
  contacts: {
    type: 'contact.list',
    contacts: [{ type: 'contact', id: INTERCOM_CONTACT.id, external_id: '25' }],
  },
  open: true,
  state: 'open',
  read: false,
  priority: 'not_priority',
  admin_assignee_id: null,
  team_assignee_id: null,
  tags: { type: 'tag.list', tags: [] },
};
const intercomSample = (topic: string, id: string, item: object) => ({
  name: topic,
  json: {
    type: 'notification_event',
    app_id: 'ecahpwf5',
    data: { type: 'notification_event_data', item },
    links: {},
    id,
    topic,
    delivery_status: 'pending',
    delivery_attempts: 1,
    delivered_at: 0,
    first_sent_at: 1764150298,
    created_at: 1764150298,
    self: null,
  },
});

const INTERCOM: SamplesByScheme = {
  intercom: [
    intercomSample(
      'conversation.user.created',
      'notif_c2f0d6a4-8b1e-4c3d-9f57-6e0a1b2c3d4e',
      INTERCOM_CONVERSATION,
    ),
    intercomSample('contact.user.created', 'notif_0b9a8c7d-6e5f-4a3b-8c2d-1e0f9a8b7c6d', INTERCOM_CONTACT),
    intercomSample('conversation.admin.closed', 'notif_7d6c5b4a-3f2e-4d1c-9b0a-8f7e6d5c4b3a', {
      ...INTERCOM_CONVERSATION,
      open: false,
      state: 'closed',
      read: true,
      admin_assignee_id: 991267,
    }),
    intercomSample('ping', 'notif_5e4d3c2b-1a09-4f8e-8d7c-6b5a49382716', {
      type: 'ping',
      message: 'something something interzen',
    }),
  ],
};

/** https://www.typeform.com/developers/webhooks/example-payload/ */
const typeformSample = (name: string, eventId: string, response: object) => ({
  name,
  json: { event_id: eventId, event_type: name, form_response: response },
});
const TYPEFORM_FIELDS = [
  {
    id: 'DlXFaesGBpoF',
    title: 'How did you hear of us?',
    type: 'long_text',
    ref: '01kb0c4qf6z8m2h7',
    properties: {},
  },
  { id: 'SMEUb7VJz92Q', title: 'Your address?', type: 'email', ref: '01kb0c4r1a3c5e7g', properties: {} },
  {
    id: 'gFFf3xAkJKsr',
    title: 'Would you come again?',
    type: 'yes_no',
    ref: '01kb0c4s9k2m4p6r',
    properties: {},
  },
];
const refOf = (index: number) => {
  const { id, type, ref } = TYPEFORM_FIELDS[index] ?? {};
  return { id, type, ref };
};
const TYPEFORM_RESPONSE = {
  form_id: 'lT4Z3j',
  token: 'a3a12ec67a1365927098a606107fac15',
  landed_at: '2026-11-26T09:40:09Z',
  submitted_at: '2026-11-26T09:44:57Z',
  hidden: { order_id: 'A-17' },
  calculated: { score: 9 },
  variables: [{ key: 'score', type: 'number', number: 9 }],
  definition: { id: 'lT4Z3j', title: 'After an order', fields: TYPEFORM_FIELDS },
};

const TYPEFORM: SamplesByScheme = {
  typeform: [
    typeformSample('form_response', 'LtWXD3crgyLtWXD3crgy', {
      ...TYPEFORM_RESPONSE,
      answers: [
        { type: 'text', text: 'A friend told me.', field: refOf(0) },
        { type: 'email', email: 'ada@example.com', field: refOf(1) },
        { type: 'boolean', boolean: true, field: refOf(2) },
      ],
    }),
    typeformSample('form_response_partial', '01KB0C8Y3N5V7T9X1Z2B', {
      ...TYPEFORM_RESPONSE,
      submitted_at: null,
      calculated: { score: 0 },
      answers: [{ type: 'text', text: 'A friend told me.', field: refOf(0) }],
    }),
    {
      ...typeformSample('form_response (with payment)', '01KB0C8Z5Q7S9V1X3Z5B', {}),
      type: 'form_response',
      json: {
        event_id: '01KB0C8Z5Q7S9V1X3Z5B',
        event_type: 'form_response',
        form_response: {
          ...TYPEFORM_RESPONSE,
          answers: [
            { type: 'email', email: 'ada@example.com', field: refOf(1) },
            {
              type: 'payment',
              payment: { amount: '49.99', last4: '4242', name: 'Ada Example', success: true },
              field: { id: 'NRsxU591jIW9', type: 'payment', ref: '01kb0c4t7v9x1z3b' },
            },
          ],
        },
      },
    },
  ],
};

/** https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/ */
const zendeskSample = (type: string, id: string, event: object) => ({
  name: type,
  headers: {
    'user-agent': 'Zendesk Webhook',
    'x-zendesk-account-id': '22129848',
    'x-zendesk-webhook-id': '01KB0C4QF6Z8M2H7X5V9D3N1RT',
    'x-zendesk-webhook-invocation-id': '01KB0C8Y3N5V7T9X1Z2B4D6F8H',
  },
  json: {
    type,
    account_id: 22129848,
    id,
    time: '2026-11-26T09:44:58.412897231Z',
    zendesk_event_version: '2022-11-06',
    subject: 'zen:ticket:5158',
    detail: {
      actor_id: '8447388090494',
      assignee_id: '8447388090494',
      brand_id: '8447346621310',
      created_at: '2026-11-26T09:30:00Z',
      custom_status: '8447320466430',
      description: 'Is my order on its way? A-17',
      external_id: null,
      form_id: '8646151517822',
      group_id: '8447320466430',
      id: '5158',
      is_public: true,
      organization_id: null,
      priority: 'NORMAL',
      requester_id: '8447388090494',
      status: 'OPEN',
      subject: 'Order A-17',
      submitter_id: '8447388090494',
      tags: ['order'],
      type: 'QUESTION',
      updated_at: '2026-11-26T09:44:58Z',
      via: { channel: 'web_service' },
    },
    event,
  },
});

const ZENDESK: SamplesByScheme = {
  zendesk: [
    zendeskSample('zen:event-type:ticket.created', 'cbe4028c-7239-495d-b020-f22348516046', {
      meta: { sequence: { id: '01KB0C8Y7A2C4E6G8J', position: 1, total: 1 } },
    }),
    zendeskSample('zen:event-type:ticket.status_changed', '2b24ef10-19e5-4ef8-9b0b-7d1c9ba8b8f6', {
      current: 'SOLVED',
      previous: 'OPEN',
    }),
    zendeskSample('zen:event-type:ticket.comment_added', '9f8e7d6c-5b4a-4392-8170-6f5e4d3c2b1a', {
      comment: {
        author: { id: '8447388090494', is_staff: true, name: 'Lin Example' },
        body: 'It left the house this morning.',
        id: '8447388090500',
        is_public: true,
      },
    }),
  ],
};

/** https://developer.xero.com/documentation/guides/webhooks/overview/ */
const xeroSample = (eventCategory: string, eventType: string, resourceId: string, path: string) => ({
  name: `${eventCategory}:${eventType}`,
  fresh: 'events.0.resourceId',
  json: {
    events: [
      {
        resourceUrl: `https://api.xero.com/api.xro/2.0/${path}/${resourceId}`,
        resourceId,
        eventDateUtc: '2026-11-26T09:44:58.412',
        eventType,
        eventCategory,
        tenantId: 'c2cc9b6e-9458-4c7d-93cc-f02b81b0594f',
        tenantType: 'ORGANISATION',
      },
    ],
    firstEventSequence: 1,
    lastEventSequence: 1,
    entropy: 'S0m3r4Nd0mt3xt00000X',
  },
});

const XERO: SamplesByScheme = {
  xero: [
    xeroSample('INVOICE', 'CREATE', '717f2bfc-c6d4-41fd-b238-3f2f0c0cf777', 'Invoices'),
    xeroSample('INVOICE', 'UPDATE', '0a1b2c3d-4e5f-4607-8192-a3b4c5d6e7f8', 'Invoices'),
    xeroSample('CONTACT', 'CREATE', '9e8d7c6b-5a49-4382-9716-05f4e3d2c1b0', 'Contacts'),
  ],
};

export const BUSINESS_SAMPLES: SamplesByScheme = {
  ...HUBSPOT,
  ...INTERCOM,
  ...TYPEFORM,
  ...ZENDESK,
  ...XERO,
};
