// Tests requests with several events over real sockets: each becomes an event, all of them or none.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { SchemeName } from '../../src/signatures/index.ts';
import { type BatchReceipt, type ProviderAnswer, Providers, sha256, signedAs } from '../support/providers.ts';
import { newId } from '../support/surehook.ts';

let providers: Providers;

beforeAll(async () => {
  providers = await Providers.start(inject('temporalAddress'));
});
afterAll(() => providers.stop());

type Item = Record<string, unknown>;

interface Batch {
  scheme: SchemeName;
  /** Distinct items, each with an id of its own. */
  item: (id: string) => Item;
  /** The body with these items in their place. */
  wrap: (items: Item[]) => unknown;
  /** Undefined: the digest of the body with the item alone. */
  idOf?: (id: string) => string;
  type: string;
  /** The item without its id; absent: an item of this provider needs none. */
  nameless?: Item;
  /** Its answer to any batch; absent: Surehook's receipt by 202 and 200. */
  status?: number;
  hasBody?: false;
  /** An empty list has no signature to be checked. */
  emptyIsRefused?: true;
}

const asList = (items: Item[]) => items;
const inEvents = (items: Item[]) => ({ a: { events: 'before' }, events: items, after: [1] });
const same = (id: string) => id;
const meta = (field: string, value: (id: string) => Item) => ({
  item: (id: string) => ({ field, value: value(id) }),
  wrap: (changes: Item[]) => ({
    object: 'whatsapp_business_account',
    entry: changes.length > 0 ? [{ id: '102', changes }] : [],
  }),
  status: 200,
});
const adyenItem = (id: string) => ({
  NotificationRequestItem: {
    amount: { currency: 'EUR', value: 1000 },
    eventCode: 'AUTHORISATION',
    merchantAccountCode: 'M',
    merchantReference: 'r',
    pspReference: id,
    success: 'true',
  },
});

const BATCHES: Batch[] = [
  {
    scheme: 'gocardless',
    item: (id) => ({ id, resource_type: 'payments', action: 'paid_out' }),
    wrap: inEvents,
    idOf: same,
    type: 'payments:paid_out',
    nameless: { resource_type: 'payments', action: 'paid_out' },
  },
  {
    scheme: 'line',
    item: (id) => ({ type: 'message', webhookEventId: id, message: { text: '],[{}' } }),
    wrap: (events) => ({ destination: 'U1', events }),
    idOf: same,
    type: 'message',
    nameless: { type: 'message' },
  },
  {
    scheme: 'whatsapp',
    ...meta('messages', (id) => ({ messages: [{ id, text: { body: 'hi' } }] })),
    idOf: same,
    type: 'whatsapp_business_account:messages',
  },
  {
    scheme: 'meta',
    ...meta('feed', (id) => ({ post: id })),
    type: 'whatsapp_business_account:feed',
  },
  {
    scheme: 'xero',
    item: (id) => ({ resourceId: id, eventCategory: 'INVOICE', eventType: 'UPDATE' }),
    wrap: (events) => ({ events, firstEventSequence: 1, lastEventSequence: 2, entropy: 'S0m3r4Nd0m' }),
    type: 'INVOICE:UPDATE',
    status: 200,
    hasBody: false,
  },
  {
    scheme: 'quickbooks',
    item: (id) => ({ specversion: '1.0', id, type: 'qbo.invoice.created.v1', source: 'intuit' }),
    wrap: asList,
    idOf: same,
    type: 'qbo.invoice.created.v1',
    status: 200,
  },
  {
    scheme: 'klaviyo',
    item: (id) => ({ external_id: id, topic: 'event:klaviyo.sent_sms' }),
    wrap: (data) => ({ data, meta: { timestamp: 'x' } }),
    idOf: same,
    type: 'event:klaviyo.sent_sms',
    nameless: { topic: 'event:klaviyo.sent_sms' },
  },
  {
    scheme: 'sendgrid',
    item: (id) => ({ sg_event_id: id, event: 'open', email: 'a@b.test' }),
    wrap: asList,
    idOf: same,
    type: 'open',
    nameless: { event: 'open' },
  },
  {
    scheme: 'hubspot',
    item: (id) => ({ eventId: id, subscriptionId: 12, subscriptionType: 'contact.creation' }),
    wrap: asList,
    idOf: (id) => `${id}:12`,
    type: 'contact.creation',
  },
  {
    scheme: 'adyen',
    item: adyenItem,
    wrap: (notificationItems) => ({ live: 'false', notificationItems }),
    idOf: (id) => `${id}:AUTHORISATION:true`,
    type: 'AUTHORISATION',
    emptyIsRefused: true,
  },
  {
    scheme: 'okta',
    item: (uuid) => ({ uuid, eventType: 'user.lifecycle.create' }),
    wrap: (events) => ({ eventType: 'com.okta.event_hook', data: { events } }),
    idOf: same,
    type: 'user.lifecycle.create',
    nameless: { eventType: 'user.lifecycle.create' },
    status: 200,
  },
  {
    scheme: 'ms-graph',
    item: (id) => ({ subscriptionId: 's', changeType: 'updated', resource: `me/messages/${id}` }),
    wrap: (value) => ({ value }),
    type: 'updated',
    emptyIsRefused: true,
  },
  {
    scheme: 'sharepoint',
    item: (id) => ({ subscriptionId: 's', resource: id, changeType: 'updated' }),
    wrap: (value) => ({ value }),
    type: 'updated',
    emptyIsRefused: true,
  },
  {
    scheme: 'azure-event-grid',
    item: (id) => ({ id, eventType: 'Microsoft.Storage.BlobCreated', topic: '/t' }),
    wrap: asList,
    idOf: same,
    type: 'Microsoft.Storage.BlobCreated',
    nameless: { eventType: 'Microsoft.Storage.BlobCreated' },
  },
  {
    scheme: 'cloudevents',
    item: (id) => ({ specversion: '1.0', id, source: '/here', type: 'com.example.some' }),
    wrap: asList,
    idOf: (id) => `/here:${id}`,
    type: 'com.example.some',
    nameless: { specversion: '1.0', source: '/here', type: 'com.example.some' },
  },
  {
    scheme: 'auth0',
    item: (id) => ({ log_id: id, data: { type: 's' } }),
    wrap: asList,
    idOf: same,
    type: 's',
  },
  {
    scheme: 'fastspring',
    item: (id) => ({ id, type: 'order.completed', live: true }),
    wrap: (events) => ({ events }),
    idOf: same,
    type: 'order.completed',
    nameless: { type: 'order.completed' },
    status: 200,
  },
  {
    scheme: 'attio',
    item: (id) => ({ event_type: 'record.created', id: { record_id: id } }),
    wrap: (events) => ({ webhook_id: 'w', events }),
    type: 'record.created',
  },
  {
    scheme: 'asana',
    item: (id) => ({ action: 'changed', resource: { gid: id, resource_type: 'task' } }),
    wrap: (events) => ({ events }),
    type: 'task:changed',
  },
  {
    scheme: 'pusher',
    item: (channel) => ({ name: 'channel_occupied', channel }),
    wrap: (events) => ({ time_ms: 1, events }),
    type: 'channel_occupied',
  },
  {
    scheme: 'linkedin',
    item: (id) => ({ notificationId: id, action: 'COMMENT' }),
    wrap: (notifications) => ({ type: 'ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS', notifications }),
    idOf: same,
    type: 'COMMENT',
  },
];

const receiptOf = ({ text }: ProviderAnswer) => JSON.parse(text) as BatchReceipt;
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));

describe.each(BATCHES)('a batch of $scheme', (batch) => {
  const { scheme, item, wrap, idOf, type, status, hasBody = true, emptyIsRefused } = batch;
  /** What the ingress makes of the items: the signature may add to them. */
  const alone = (body: Uint8Array): Uint8Array[] => {
    const marker = newId('marker');
    const whole: unknown = JSON.parse(Buffer.from(body).toString());
    const items = itemsOf(whole, wrap([{ [marker]: 1 }]), marker);
    return items.map((one) => bytesOf(replaced(whole, items, one)));
  };

  it('becomes one event for each item, and duplicates when it is sent again', async () => {
    const ids = [newId('a'), newId('b'), newId('c')];
    const request = signedAs(scheme, JSON.stringify(wrap(ids.map(item))));
    const bodies = alone(request.body);
    const eventIds = idOf ? ids.map(idOf) : bodies.map(sha256);
    const first = await providers.send(request);
    expect(first.status, first.text).toBe(status ?? 202);
    const events = await providers.stored(scheme, eventIds);
    expect(events.map(({ event_type }) => event_type)).toEqual([type, type, type]);
    expect(events.map(({ payload }) => payload)).toEqual(
      bodies.map((body) => JSON.parse(Buffer.from(body).toString())),
    );
    const again = await providers.send(request);
    expect(again.status).toBe(status ?? 200);
    if (!hasBody) return void expect([first.text, again.text]).toEqual(['', '']);
    for (const [answer, outcome] of [
      [first, 'accepted'],
      [again, 'duplicate'],
    ] as const) {
      expect(receiptOf(answer)).toMatchObject({ status: outcome, source: scheme });
      expect(receiptOf(answer).events.map(({ status: one, event_id }) => [one, event_id])).toEqual(
        eventIds.map((id) => [outcome, id]),
      );
    }
    // A batch with one new event is accepted, and says which.
    const more = newId('d');
    const mixed = signedAs(scheme, JSON.stringify(wrap([...ids, more].map(item))));
    const answer = await providers.send(mixed);
    expect(receiptOf(answer).status).toBe('accepted');
    expect(receiptOf(answer).events.map((one) => one.status)).toEqual([
      ...Array(3).fill('duplicate'),
      'accepted',
    ]);
    await providers.stored(scheme, [receiptOf(answer).events[3]?.event_id ?? '']);
  });

  it(`without items ${emptyIsRefused ? 'proves nothing, and is refused' : 'is answered, and makes nothing'}`, async () => {
    // A signature in the items stands in none of none.
    const request = emptyIsRefused
      ? { ...signedAs(scheme, JSON.stringify(wrap([item('x')]))), body: bytesOf(wrap([])) }
      : signedAs(scheme, JSON.stringify(wrap([])));
    const answer = await providers.send(request);
    expect(answer.status, answer.text).toBe(emptyIsRefused ? 401 : (status ?? 202));
    if (!emptyIsRefused && hasBody) expect(receiptOf(answer).events).toEqual([]);
  });
});

const NAMELESS = BATCHES.flatMap(({ nameless, ...batch }) => (nameless ? [{ ...batch, nameless }] : []));

describe.each(NAMELESS)('a batch of $scheme', ({ scheme, item, wrap, nameless }) => {
  it('with one item without an id is refused as a whole', async () => {
    const items = [item(newId('never')), nameless, item(newId('never'))];
    const answer = await providers.signed(scheme, JSON.stringify(wrap(items)));
    expect(answer.status, answer.text).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'event_id_missing' });
  });
});

/** Finds the list in a body, where the same body with one item has this marker. */
function itemsOf(body: unknown, marked: unknown, marker: string): unknown[] {
  if (Array.isArray(marked) && marked.length === 1 && isObject(marked[0]) && marker in marked[0])
    return body as unknown[];
  for (const key of Object.keys(marked as object)) {
    const [inner, innerMarked] = [body, marked].map((value) => (value as Record<string, unknown>)[key]);
    if (!isObject(innerMarked) && !Array.isArray(innerMarked)) continue;
    const found = itemsOf(inner, innerMarked, marker);
    if (found.length > 0) return found;
  }
  return [];
}

/** The body with one item in place of the list. */
function replaced(body: unknown, list: unknown[], item: unknown): unknown {
  if (body === list) return [item];
  if (Array.isArray(body)) return body.map((one) => replaced(one, list, item));
  if (!isObject(body)) return body;
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, replaced(value, list, item)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

it('the same item twice in one request is one event', async () => {
  const id = newId('twice');
  const items = [id, id].map((one) => ({ id: one, type: 'order.completed' }));
  const answer = await providers.signed('fastspring', JSON.stringify({ events: items }));
  expect(
    receiptOf(answer)
      .events.map(({ status }) => status)
      .sort(),
  ).toEqual(['accepted', 'duplicate']);
  await providers.stored('fastspring', [id]);
});

it('a WhatsApp message in each of its states is an event of its own', async () => {
  const id = newId('wamid');
  const changes = ['sent', 'delivered', 'read'].map((status) => ({
    field: 'messages',
    value: { statuses: [{ id, status }] },
  }));
  const body = { object: 'whatsapp_business_account', entry: changes.map((one) => ({ changes: [one] })) };
  const answer = await providers.signed('whatsapp', JSON.stringify(body));
  expect(receiptOf(answer).events.map(({ event_id }) => event_id)).toEqual(
    ['sent', 'delivered', 'read'].map((status) => `${id}:${status}`),
  );
  await providers.stored(
    'whatsapp',
    receiptOf(answer).events.map(({ event_id }) => event_id),
  );
});

it('a Messenger message stands in another list of its entry', async () => {
  const messaging = ['a', 'b'].map((text) => ({ sender: { id: '1' }, message: { mid: newId(), text } }));
  const body = { object: 'page', entry: [{ id: 'p', messaging }] };
  const answer = await providers.signed('meta', JSON.stringify(body));
  expect(answer.status).toBe(200);
  expect(receiptOf(answer).events).toHaveLength(2);
  const ids = receiptOf(answer).events.map(({ event_id }) => event_id);
  expect(await providers.stored('meta', ids)).toMatchObject(Array(2).fill({ event_type: 'page' }));
});

it('the structured and the binary form of CloudEvents are one event each', async () => {
  const [one, other] = [newId(), newId()];
  const structured = { specversion: '1.0', id: one, source: '/s', type: 'com.a' };
  expect((await providers.signed('cloudevents', JSON.stringify(structured))).status).toBe(202);
  const headers = { 'ce-specversion': '1.0', 'ce-id': other, 'ce-source': '/s', 'ce-type': 'com.b' };
  expect((await providers.signed('cloudevents', '{"any":1}', { headers })).status).toBe(202);
  const events = await providers.stored('cloudevents', [`/s:${one}`, `/s:${other}`]);
  expect(events.map(({ event_type }) => event_type)).toEqual(['com.a', 'com.b']);
});

it('nothing else has been started', () => providers.expectNothingElseStarted());
