// Tests the confirmation of a subscription of SNS: the ingress visits the address, over a real proxy and real https.
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ProviderKeys } from '../../src/activities/http/provider-keys.ts';
import { createPublicApp, type PublicAppDeps } from '../../src/api/ingress/app.ts';
import { FieldReader } from '../../src/api/ingress/field-reader.ts';
import { createIngressLimits } from '../../src/api/ingress/limits.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { load } from '../support/config-file.ts';
import { ForwardProxy } from '../support/forward-proxy.ts';
import { certificateOf, rsa, SNS_URL, snsMessage, TOPIC } from '../support/other-schemes.ts';

const HOST = 'sns.eu-central-1.amazonaws.com';
const log = pino({ enabled: false });

let files: Certificates;
let amazon: ReturnType<typeof createServer>;
let proxy: ForwardProxy;
let keys: ProviderKeys;
let ingress: Server;
let visits: string[] = [];
/** What SNS answers a visit with. */
let status = 200;
let started = 0;

beforeAll(async () => {
  files = makeCertificates([HOST]);
  const [cert, key] = [files.serverCert, files.serverKey].map(files.read);
  const seconds = Date.now() / 1000;
  const pem = certificateOf(rsa.privateKey, seconds - 86_400, seconds + 86_400);
  amazon = createServer({ cert, key } as object, ({ method, url, headers }, response) => {
    if (url === new URL(SNS_URL).pathname) return void response.end(pem);
    visits.push(`${method} https://${headers.host}${url}`);
    response.writeHead(status, { location: 'https://elsewhere.test/' }).end();
  });
  await new Promise<void>((done) => amazon.listen(0, '127.0.0.1', done));
  proxy = await ForwardProxy.start((amazon.address() as AddressInfo).port);
  keys = new ProviderKeys({
    proxy: { http: undefined, https: proxy.url, except: undefined },
    lookup: async () => [{ address: '93.184.215.14', family: 4 }], // the guard wants a public one; the proxy connects
    tls: { ca: files.read(files.ca) },
  });
  ingress = createHttpServer(createPublicApp(await appDeps()));
  await new Promise<void>((done) => ingress.listen(0, '127.0.0.1', done));
});
afterAll(async () => {
  await keys.close();
  ingress.close();
  await proxy.stop();
  amazon.close();
  files.remove();
});
afterEach(() => {
  visits = [];
  status = 200;
  started = 0;
});

async function appDeps(): Promise<PublicAppDeps> {
  const topicArns = JSON.stringify([TOPIC]);
  const config = await load({ sources: `sns: { verify: { scheme: 'aws-sns', topicArns: ${topicArns} } }` });
  const span = { headers: {}, run: <T>(work: () => T) => work(), end: () => undefined };
  return {
    config,
    startEvent: async ({ event }) => {
      started++;
      return { status: 'accepted', workflowId: `sns:${event.event_id}` };
    },
    compareDuplicate: async () => undefined,
    checkPayload: async () => undefined as never,
    fields: new FieldReader({ log }),
    limits: createIngressLimits({ maxPerClient: 100, leastBytesPerSecond: 1, clientRate: undefined }),
    metrics: { requestAnswered: () => undefined } as never,
    tracing: { start: () => span } as never,
    checkReady: async () => undefined as never,
    trust: { trustedProxies: [], forwardedHeader: undefined },
    publicUrl: () => 'https://hooks.example.com',
    fetchKey: (need) => keys.fetch(need),
    visit: (url) => keys.visit(url),
    document: {},
    mount: () => undefined,
    log,
  };
}

const subscribeUrl = (topic = TOPIC, host = HOST) =>
  `https://${host}/?Action=ConfirmSubscription&TopicArn=${topic}&Token=2336412f37f`;

function confirmation(fields: Record<string, string> = {}): Record<string, string> {
  return snsMessage({
    Type: 'SubscriptionConfirmation',
    MessageId: '165545c9-2a5c-472c-8df2-7ff2be2b3b1b',
    Token: '2336412f37f',
    Message: 'You have chosen to subscribe',
    SubscribeURL: subscribeUrl(),
    ...fields,
  });
}

async function post(message: object) {
  const { port } = ingress.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/webhooks/sns`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain; charset=UTF-8' }, // as SNS has it
    body: JSON.stringify(message),
  });
  const text = await response.text();
  return { status: response.status, text, code: text.startsWith('{') ? JSON.parse(text).code : undefined };
}

it('a subscription is confirmed by a GET of its address, and is no event', async () => {
  expect(await post(confirmation())).toMatchObject({ status: 200, text: '' });
  expect(visits).toEqual([`GET ${subscribeUrl()}`]);
  expect(started).toBe(0);
});

it.each([403, 404, 500, 302])(
  'a visit answered with %s is told to SNS with 503, which sends it again',
  async (answer) => {
    status = answer;
    expect(await post(confirmation())).toMatchObject({ status: 503, code: 'not_queued' });
    expect(visits).toHaveLength(1); // and a redirect is not followed
    status = 200;
    expect(await post(confirmation())).toMatchObject({ status: 200 });
    expect(started).toBe(0);
  },
);

it('nothing is visited before the signature is verified', async () => {
  const { Signature: _, ...unsigned } = confirmation();
  expect(await post(unsigned)).toMatchObject({ status: 401, code: 'signature_missing' });
  const changed = { ...confirmation(), SubscribeURL: `${subscribeUrl()}x` };
  expect(await post(changed)).toMatchObject({ status: 401, code: 'signature_invalid' });
  const ofAnotherTopic = confirmation({ TopicArn: `${TOPIC}-of-somebody-else` });
  expect(await post(ofAnotherTopic)).toMatchObject({ status: 401, code: 'signature_invalid' });
  expect(visits).toEqual([]);
});

it.each([
  ['another host', subscribeUrl(TOPIC, 'sns.eu-central-1.amazonaws.com.evil.test')],
  ['plain http', subscribeUrl().replace('https:', 'http:')],
  ['another topic', subscribeUrl(`${TOPIC}2`)],
  ['another action', subscribeUrl().replace('ConfirmSubscription', 'Unsubscribe')],
])('an address with %s is not visited: the message is kept as an event', async (_, SubscribeURL) => {
  expect(await post(confirmation({ SubscribeURL }))).toMatchObject({ status: 202 });
  expect(visits).toEqual([]);
  expect(started).toBe(1);
});

it('a notification, and the news that a subscription has ended, are events', async () => {
  expect(await post(snsMessage())).toMatchObject({ status: 202 });
  expect(await post(confirmation({ Type: 'UnsubscribeConfirmation' }))).toMatchObject({ status: 202 });
  expect(visits).toEqual([]);
  expect(started).toBe(2);
});
