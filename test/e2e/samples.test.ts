// Tests that a running Surehook processes what `surehook send` sends as providers do: JSON, forms, lists of events, URLs.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { runSurehook } from '../support/command.ts';
import { ENCRYPTION_KEYS, newId, PROJECT, Surehook, TOKEN } from '../support/surehook.ts';

/** Nothing listens there: it is what senders would sign. */
const PUBLIC_URL = 'https://hooks.example.com/';
const env = {
  SUREHOOK_PUBLIC_URL: PUBLIC_URL,
  TEXT_SECRET: 'a-secret-of-the-tests',
  HEX_SECRET: '00112233445566778899aabbccddeeff',
  DISCORD_KEY: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', // of RFC 8032
};

let surehook: Surehook;

beforeAll(async () => {
  surehook = await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: newId('queue'),
    config: 'samples',
    env,
  });
});

afterAll(async () => void (await surehook.stop()));

const send = (args: string[]) =>
  runSurehook(['send', ...args], {
    SUREHOOK_CONFIG: join(PROJECT, 'test/support/configs/samples.config.ts'),
    SUREHOOK_ENCRYPTION_KEYS: ENCRYPTION_KEYS,
    SUREHOOK_OPERATOR_TOKEN: TOKEN,
    HOST: '127.0.0.1',
    PORT: new URL(surehook.publicUrl).port,
    ...env,
  });

/** The only event of a source. */
async function eventOf(source: string): Promise<{ event_id: string; event_type: string } | undefined> {
  const response = await surehook.operator(`/api/v1/events?source=${source}`);
  const { items } = (await response.json()) as { items: { event_id: string; event_type: string }[] };
  return items[0];
}

it.each([
  ['stripe', 'customer.subscription.updated', 'customer.subscription.updated'],
  ['shopify', 'orders/create', 'orders/create'],
  ['linear', 'Comment', 'Comment'],
  ['clerk', 'user.created', 'user.created'],
  ['gitlab', 'Merge Request Hook', 'Merge Request Hook'],
  ['twilio', 'delivered', 'delivered'],
  ['slack', 'app_mention', 'app_mention'],
  ['commands', '/deploy', '/deploy'],
  ['square', 'payment.updated', 'payment.updated'],
  ['hubspot', 'contact.creation', 'contact.creation'],
  ['mailgun', 'failed', 'failed'],
  ['adyen', 'CAPTURE', 'CAPTURE'],
  ['whatsapp', 'messages (text)', 'whatsapp_business_account:messages'],
  ['gocardless', 'payments:failed', 'payments:failed'],
])('a sample of %s, %s, is processed', async (source, sample, type) => {
  const { code, stdout, stderr } = await send([source, '--sample', sample]);
  expect({ code, stderr, stdout }).toMatchObject({ code: 0, stderr: '' });
  let found: Awaited<ReturnType<typeof eventOf>>;
  await expect.poll(async () => (found = await eventOf(source)), { timeout: 30_000 }).toBeDefined();
  const id = found?.event_id ?? '';
  const event = await surehook.untilEvent(source, id, ({ closed_at }) => closed_at !== null);
  expect(event).toMatchObject({ status: 'processed', event_type: type, handler: { result: { id, type } } });
});

it('an event whose secret stands in the URL is processed', async () => {
  const id = newId();
  const url = `${surehook.publicUrl}/webhooks/cloudevents?from=here`;
  const file = JSON.stringify({ specversion: '1.0', id, source: '/shop', type: 'order.created' });
  const sent = await runSurehook(
    ['send', 'cloudevents', '--file', '-', '--url', url],
    { SUREHOOK_CONFIG: join(PROJECT, 'test/support/configs/samples.config.ts'), ...env },
    { input: file },
  );
  expect(sent.stdout).toMatch(/^202 Accepted\n/);
  const event = await surehook.untilEvent(
    'cloudevents',
    `/shop:${id}`,
    ({ closed_at }) => closed_at !== null,
  );
  expect(event).toMatchObject({ status: 'processed', event_type: 'order.created' });
});

it('an event that only the provider can sign is refused in one line, and its samples can be read', async () => {
  expect(await send(['discord'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr:
      "surehook: only the provider can sign an event of the source 'discord': the scheme 'discord' has a private key that nobody else has\n",
  });
  const { stdout } = await send(['discord', '--list', '--json']);
  expect(JSON.parse(stdout)[0].body.event.type).toBe('APPLICATION_AUTHORIZED');
});
