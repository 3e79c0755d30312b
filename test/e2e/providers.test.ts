// Tests one webhook of every scheme over a real socket: what it is stored as, and what its provider is answered.
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { findScheme, SCHEME_NAMES, type SchemeName } from '../../src/signatures/index.ts';
import { madeEvent, NO_JSON, signedId } from '../support/provider-events.ts';
import { nowSeconds, Providers, secretOf, sha256, signedAs } from '../support/providers.ts';
import { newId } from '../support/surehook.ts';

let providers: Providers;

beforeAll(async () => {
  providers = await Providers.start(inject('temporalAddress'));
});
afterAll(() => providers.stop());

const SCHEMES = SCHEME_NAMES.filter((scheme) => !NO_JSON.includes(scheme) && scheme !== 'dropbox');

describe.each(SCHEMES)('a webhook of %s', (scheme) => {
  it('is stored once under the id and the type that its row says, and answered as the provider has it', async () => {
    const { body, given, id, type } = madeEvent(scheme);
    const { answer } = findScheme(scheme);
    const request = signedAs(scheme, body, { ...given, ...signedId(scheme, given) });
    const [first, again] = [await providers.send(request), await providers.send(request)];
    const eventId = id ?? sha256(request.body);
    expect([first.status, again.status], first.text).toEqual(
      answer ? [answer.status, answer.status] : [202, 200],
    );
    if (answer?.body !== undefined) {
      expect([first.text, again.text]).toEqual([answer.body, answer.body]);
      if (answer.status !== 204) expect(first.type).toBe(answer.contentType);
    } else if (answer?.status !== 204) {
      expect(first.type).toMatch(/^application\/json/);
      expect(JSON.parse(first.text)).toMatchObject({ status: 'accepted', event_id: eventId, source: scheme });
      expect(JSON.parse(again.text)).toMatchObject({ status: 'duplicate', event_id: eventId });
    }
    const [event] = await providers.stored(scheme, [eventId]);
    expect(event).toMatchObject({
      event_type: type,
      payload: JSON.parse(Buffer.from(request.body).toString()),
    });
    for (const name of credentialsOf(scheme)) expect(event?.headers).not.toHaveProperty(name);
  });

  it('is refused without its signature, and with that of another body or another secret', async () => {
    const { body, given } = madeEvent(scheme);
    const request = signedAs(scheme, body, { ...given, ...signedId(scheme, given) });
    const bare = { ...request, path: `/webhooks/${scheme}`, headers: { 'content-type': 'application/json' } };
    const unsigned = await providers.send({ ...bare, body: Buffer.from(body) });
    expect(unsigned.status, unsigned.text).toBe(401);
    const all = findScheme(scheme).ways.every(({ signs = 'all' }) => signs === 'all');
    if (all) {
      const changed = await providers.send({
        ...request,
        body: Buffer.concat([request.body, Buffer.from(' ')]),
      });
      expect(changed.status, changed.text).toBe(401);
    }
    if (scheme === 'aws-sns' || scheme === 'gemini-dynamic') return; // no secret that signs
    const credentials = [...credentialsOf(scheme)].filter((name) => request.headers[name] !== undefined);
    for (const name of credentials) {
      const other = { ...request.headers, [name]: 'bm8gc2lnbmF0dXJl' };
      expect((await providers.send({ ...request, headers: other })).status, name).toBe(401);
    }
  });
});

const credentialsOf = (scheme: SchemeName) =>
  new Set(findScheme(scheme).ways.flatMap(({ credentials }) => credentials));

it('a notification of dropbox is no repetition of the one before, though both are alike', async () => {
  const body = JSON.stringify({ list_folder: { accounts: ['dbid:AAH4f99T0taONIb'] } });
  const answers = [await providers.signed('dropbox', body), await providers.signed('dropbox', body)];
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  const ids = answers.map(({ text }) => JSON.parse(text).event_id as string);
  expect(new Set(ids).size).toBe(2);
  await providers.stored('dropbox', ids);
  const unsigned = await providers.ask('POST', 'dropbox', '', { body });
  expect(unsigned.status).toBe(401);
});

describe('an answer that a provider asks for', () => {
  it('is TwiML for Twilio, which would take anything else for an error', async () => {
    const body = JSON.stringify({ MessageSid: newId('SM'), MessageStatus: 'sent' });
    const id = `${JSON.parse(body).MessageSid}:sent`;
    const answer = await providers.signed('twilio', body);
    expect(answer).toMatchObject({ status: 200, type: 'text/xml', text: '<Response/>' });
    await providers.stored('twilio', [id]);
  });

  it('is the text that Dropbox Sign looks for', async () => {
    const [time, type] = [String(nowSeconds()), 'signature_request_sent'];
    const hash = createHmac('sha256', secretOf('dropbox-sign'))
      .update(time + type)
      .digest('hex');
    const event = { event_time: time, event_type: type, event_hash: hash };
    const body = Buffer.from(JSON.stringify({ event }));
    const headers = { 'content-type': 'application/json' };
    const answer = await providers.send({ path: '/webhooks/dropbox-sign', headers, body });
    expect(answer).toMatchObject({ status: 200, type: 'text/plain', text: 'Hello API Event Received' });
    expect(await providers.stored('dropbox-sign', [hash])).toMatchObject([{ event_type: type }]);
  });

  it('may be chosen in the config', async () => {
    const id = newId('EV');
    const body = JSON.stringify({ events: [{ id, resource_type: 'payments', action: 'paid' }] });
    for (let n = 0; n < 2; n++) {
      const answer = await providers.signed('gocardless', body, { source: 'of-our-choice' });
      expect(answer).toMatchObject({ status: 207, type: 'text/x-thanks', text: 'got it' });
    }
    await providers.stored('of-our-choice', [id]);
  });
});

it('nothing else has been started', () => providers.expectNothingElseStarted());
