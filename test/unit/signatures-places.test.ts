// Tests where rows of the scheme table find the ids and types of events, in bodies as the providers send them.
import { describe, expect, it } from 'vitest';
import { readFields } from '../../src/api/ingress/read-fields.ts';
import type { Locator } from '../../src/config/config.ts';
import { findScheme, type Place, type SchemeName } from '../../src/signatures/index.ts';

function toLocator(place: Place): Locator {
  if (typeof place !== 'string') {
    return 'join' in place
      ? { in: 'join', places: place.join.map(toLocator) }
      : { in: 'digest', places: place.digest.map(toLocator) };
  }
  const [where, ...path] = place.split('.');
  if (where === 'header') return { in: 'header', name: path.join('.') };
  return path.length === 0 ? { in: 'bytes' } : { in: 'body', path };
}

const ANY = { expected: undefined, maxBytes: 1_000_000 };

/** `#` stands for a digest. */
async function eventsOf(
  scheme: SchemeName,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<string[]> {
  const { eventId, eventType, batch = [] } = findScheme(scheme);
  const places = {
    eventId: eventId.map(toLocator),
    eventType: eventType.map(toLocator),
    batch: typeof batch === 'string' ? [batch] : batch,
  };
  const rawBody = Buffer.from(JSON.stringify(body));
  return (await readFields({ places, scheme, headers, rawBody, ...ANY })).map(
    (event) => `${event.eventId.replace(/^[0-9a-f]{64}$/, '#')} ${event.eventType}`,
  );
}

describe('one event', () => {
  it.each<[SchemeName, unknown, string, Record<string, string>?]>([
    [
      'anthropic',
      { type: 'event', data: { type: 'session.ended' } },
      'msg_1 session.ended',
      { 'webhook-id': 'msg_1' },
    ],
    ['recall-ai', { event: 'bot.done', data: {} }, 'msg_1 bot.done', { 'svix-id': 'msg_1' }],
    [
      'bigcommerce',
      { scope: 'store/order/created', hash: 'a' },
      '# store/order/created',
      { 'webhook-id': 'msg_1' },
    ],
    ['slack', { type: 'event_callback', event_id: 'Ev1', event: { type: 'message' } }, 'Ev1 message'],
    ['slack', { command: '/deploy', trigger_id: '13.2.a' }, '13.2.a /deploy'],
    ['paystack', { event: 'charge.success', data: { id: 302961 } }, '302961:charge.success charge.success'],
    ['retell', { event: 'call_ended', call: { call_id: 'c1' } }, 'call_ended:c1 call_ended'],
    ['coinbase-commerce', { id: 1, event: { id: 'e1', type: 'charge:created' } }, 'e1 charge:created'],
    ['pagerduty', { event: { id: 'e1', event_type: 'incident.triggered' } }, 'e1 incident.triggered'],
    ['close', { event: { id: 'ev_1', object_type: 'lead', action: 'created' } }, 'ev_1 lead:created'],
    ['customer-io', { event_id: 'e1', object_type: 'email', metric: 'opened' }, 'e1 email:opened'],
    [
      'persona',
      { data: { id: 'evt_1', attributes: { name: 'inquiry.approved' } } },
      'evt_1 inquiry.approved',
    ],
    ['trello', { action: { id: 'a1', type: 'updateCard' }, model: {} }, 'a1 updateCard'],
    ['dropbox', { list_folder: { accounts: ['dbid:A'] } }, '# unknown'],
    ['zoom', { event: 'meeting.started', payload: {} }, '# meeting.started'],
    ['hookdeck', { type: 'a' }, 'evt_1 a', { 'x-hookdeck-eventid': 'evt_1' }],
    ['linkedin', { type: 'LEAD_ACTION', leadGenFormResponse: 'urn' }, '# LEAD_ACTION'],
    [
      'bitbucket',
      {},
      'u1 repo:push',
      { 'x-request-uuid': 'u1', 'x-request-id': 'r1', 'x-event-key': 'repo:push' },
    ],
    [
      'forgejo',
      {},
      'd1 push',
      { 'x-gitea-delivery': 'd1', 'x-github-delivery': 'd1', 'x-gitea-event': 'push' },
    ],
    ['shopify', {}, 'w1 orders/create', { 'x-shopify-webhook-id': 'w1', 'x-shopify-topic': 'orders/create' }],
  ])('of %s: %j', async (scheme, body, expected, headers) => {
    expect(await eventsOf(scheme, body, headers)).toEqual([expected]);
  });
});

describe('several events', () => {
  const gocardless = { id: 'EV1', resource_type: 'payments', action: 'confirmed' };
  const change = (value: object) => ({ id: 'page', changes: [{ field: 'messages', value }] });

  it.each<[SchemeName, unknown, string[]]>([
    [
      'gocardless',
      { events: [gocardless, { ...gocardless, id: 'EV2' }] },
      ['EV1 payments:confirmed', 'EV2 payments:confirmed'],
    ],
    ['line', { destination: 'U', events: [{ webhookEventId: 'w1', type: 'message' }] }, ['w1 message']],
    ['line', { destination: 'U', events: [] }, []],
    ['xero', { events: [{ eventCategory: 'INVOICE', eventType: 'UPDATE' }] }, ['# INVOICE:UPDATE']],
    ['xero', { events: [], firstEventSequence: 0 }, []],
    [
      'quickbooks',
      [
        { id: 'q1', type: 'qbo.customer.created.v1' },
        { id: 'q2', type: 'a' },
      ],
      ['q1 qbo.customer.created.v1', 'q2 a'],
    ],
    [
      'klaviyo',
      { data: [{ external_id: 'k1', topic: 'event:klaviyo.opened_email' }] },
      ['k1 event:klaviyo.opened_email'],
    ],
    ['fastspring', { events: [{ id: 'f1', type: 'order.completed' }] }, ['f1 order.completed']],
    [
      'pusher',
      { time_ms: 1, events: [{ name: 'channel_occupied' }, { name: 'channel_vacated' }] },
      ['# channel_occupied', '# channel_vacated'],
    ],
    ['attio', { events: [{ event_type: 'record.created', id: {} }] }, ['# record.created']],
    ['linkedin', { type: 'A', notifications: [{ notificationId: 124, action: 'COMMENT' }] }, ['124 COMMENT']],
    ['asana', { events: [{ action: 'changed', resource: { resource_type: 'task' } }] }, ['# task:changed']],
    ['asana', { events: [] }, []],
    [
      'whatsapp',
      {
        object: 'whatsapp_business_account',
        entry: [
          change({ messages: [{ id: 'wamid.1' }] }),
          change({ statuses: [{ id: 'wamid.1', status: 'read' }] }),
          change({ other: 1 }),
        ],
      },
      [
        'wamid.1 whatsapp_business_account:messages',
        'wamid.1:read whatsapp_business_account:messages',
        '# whatsapp_business_account:messages',
      ],
    ],
    [
      'meta',
      { object: 'page', entry: [{ id: 'p', messaging: [{ message: { mid: 'm1' } }, { read: 1 }] }] },
      ['# page', '# page'],
    ],
  ])('of %s: %j', async (scheme, body, expected) => {
    expect(await eventsOf(scheme, body)).toEqual(expected);
  });

  it('of one request have different ids where they have a digest for one', async () => {
    const events = [{ name: 'a' }, { name: 'b' }];
    const { eventId, batch = [] } = findScheme('pusher');
    const places = { eventId: eventId.map(toLocator), eventType: [], batch: [batch].flat() };
    const rawBody = Buffer.from(JSON.stringify({ events }));
    const found = await readFields({ places, scheme: 'pusher', headers: {}, rawBody, ...ANY });
    expect(new Set(found.map((event) => event.eventId)).size).toBe(2);
  });
});
