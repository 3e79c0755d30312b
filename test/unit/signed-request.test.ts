// Tests what the ingress reads from test events that `surehook send` and the banner of dev make.
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/api/http/parse-json.ts';
import { findEventId, findEventType } from '../../src/api/ingress/event-fields.ts';
import { buildSignedRequest, canSignFor, type SignedTestEvent } from '../../src/commands/signed-request.ts';
import type { SourceConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { Secret } from '../../src/config/secret.ts';
import { verifySignature } from '../../src/signatures/index.ts';
import { loadOne } from '../support/config-file.ts';
import { OTHER_CASES, type OtherCase, UNSIGNABLE } from '../support/other-schemes.ts';

const SCHEMES = ['hmac', 'standard', 'svix', 'stripe', 'github'] as const;

async function sourceOf(text: string): Promise<SourceConfig> {
  return (await loadOne({ source: text })).source;
}

const schemeOf = (scheme: string) => sourceOf(`verify: { scheme: '${scheme}', secrets: [secret('A')] }`);

/** Reads the request as the ingress does. */
function receive(source: SourceConfig, { headers, body }: SignedTestEvent) {
  const secrets = source.verify.secrets.map((secret) => secret.reveal());
  const event = { headers, payload: parseJson(body), rawBody: body };
  return {
    verdict: verifySignature({ ...source.verify, secrets, headers, rawBody: body }),
    id: findEventId(source, event),
    type: findEventType(source, event),
  };
}

describe('a test event', () => {
  it.each(SCHEMES)('of a %s source is accepted, with the given id and type', async (scheme) => {
    const source = await schemeOf(scheme);
    const request = buildSignedRequest(source, { id: 'evt_1', type: 'invoice.paid' });
    expect(receive(source, request)).toEqual({ verdict: { ok: true }, id: 'evt_1', type: 'invoice.paid' });
    expect(request.eventId).toBe('evt_1');
    expect(request.headers['content-type']).toBe('application/json');
  });

  it.each(SCHEMES)('of a %s source has a new id each time if no id is given', async (scheme) => {
    const source = await schemeOf(scheme);
    const [first, second] = [buildSignedRequest(source, {}), buildSignedRequest(source, {})];
    expect(receive(source, first)).toEqual({
      verdict: { ok: true },
      id: first.eventId,
      type: 'test.created',
    });
    expect(first.eventId).toMatch(/^evt_[0-9a-f]{16}$/);
    expect(second.eventId).not.toBe(first.eventId);
  });

  it("is signed as the source's config says, with the source's first secret", async () => {
    const source = await sourceOf(`
      verify: { scheme: 'hmac', secrets: [secret('B'), secret('A')], header: 'X-Sig', prefix: 'sha256=',
        encoding: 'base64', timestampHeader: 'X-Time' }, toleranceSeconds: 60,`);
    const request = buildSignedRequest(source, {});
    expect(Object.keys(request.headers)).toEqual(['content-type', 'x-time', 'x-sig']);
    expect(receive(source, request).verdict).toEqual({ ok: true });
    const secrets = ['secret-of-b-0123456789'];
    const verdict = verifySignature({
      ...source.verify,
      secrets,
      headers: request.headers,
      rawBody: request.body,
    });
    expect(verdict).toEqual({ ok: true });
  });

  it('has id and type in the first place where the source looks', async () => {
    const source = await sourceOf(`eventId: ['body.data.object.id', 'body.id'], eventType: 'header.X-Kind'`);
    const { body, headers } = buildSignedRequest(source, { id: 'evt_1', type: 'push' });
    expect(JSON.parse(body.toString())).toEqual({ data: { hello: 'world', object: { id: 'evt_1' } } });
    expect(headers['x-kind']).toBe('push');
  });
});

describe('a test event of a scheme that is no plain HMAC', () => {
  const url = 'https://hooks.example/webhooks/partner';
  let plain: Promise<SourceConfig> | undefined;
  const sourceWith = async ({ scheme, secret }: Pick<OtherCase, 'scheme' | 'secret'>) => {
    plain ??= sourceOf('');
    const { verify, ...source } = await plain;
    return { ...source, verify: { ...verify, scheme, secrets: [new Secret('A', secret)] } };
  };

  it.each(OTHER_CASES.filter(({ scheme }) => !UNSIGNABLE.includes(scheme)))(
    'is accepted, with what the scheme puts into body and URL: $scheme',
    async (tested) => {
      const source = await sourceWith(tested);
      const { headers, body, url: sentTo } = buildSignedRequest(source, { url });
      const secrets = [tested.secret];
      const given = { ...source.verify, secrets, headers, rawBody: body, url: sentTo };
      expect(verifySignature(given)).toEqual({ ok: true });
    },
  );

  it.each(UNSIGNABLE)('is refused where only the provider can sign: %s', async (scheme) => {
    const tested = OTHER_CASES.find((one) => one.scheme === scheme) as OtherCase;
    const source = await sourceWith(tested);
    expect(canSignFor(source)).toBe(false);
    expect(() => buildSignedRequest(source, { url })).toThrow(/only the provider can sign/);
  });

  it('has a list where a place names a position in one', async () => {
    const source = await sourceOf(`eventId: 'body.list.0.id'`);
    const { body } = buildSignedRequest(source, { id: 'evt_1' });
    expect(JSON.parse(body.toString())).toMatchObject({ list: [{ id: 'evt_1' }] });
  });
});

describe('a test event with a given body', () => {
  const body = Buffer.from('{ "event_id": "mine",\n  "big": 12345678901234567890 }\n');

  it.each(SCHEMES)('is sent byte for byte and accepted: %s', async (scheme) => {
    const source = await schemeOf(scheme);
    const own = Buffer.from('{ "event_id":"mine","id":"mine", "type": "t" }\n');
    const request = buildSignedRequest(source, { body: own });
    expect(request.body.equals(own)).toBe(true);
    const { verdict, id } = receive(source, request);
    expect(verdict).toEqual({ ok: true });
    const inHeader = source.eventId[0]?.in === 'header';
    expect(id).toBe(inHeader ? request.eventId : 'mine');
    expect(id).toMatch(inHeader ? /^evt_[0-9a-f]{16}$/ : /^mine$/);
  });

  it('keeps the body unchanged if id and type go into headers', async () => {
    const source = await schemeOf('github');
    const request = buildSignedRequest(source, { body, id: 'guid-1', type: 'push' });
    expect(request.body.equals(body)).toBe(true);
    expect(receive(source, request)).toEqual({ verdict: { ok: true }, id: 'guid-1', type: 'push' });
  });

  it('has the given id and type in the body', async () => {
    const source = await schemeOf('hmac');
    const request = buildSignedRequest(source, { body: Buffer.from('{"a":[1]}'), id: 'evt_1', type: 'b' });
    expect(JSON.parse(request.body.toString())).toEqual({ a: [1], event_id: 'evt_1', type: 'b' });
    expect(receive(source, request)).toEqual({ verdict: { ok: true }, id: 'evt_1', type: 'b' });
  });

  it('has the id in the body even if another value is in its place', async () => {
    const source = await sourceOf("eventId: 'body.data.id'");
    for (const data of ['null', '"text"', '5', '{}', '{"id":1}']) {
      const request = buildSignedRequest(source, { body: Buffer.from(`{"data":${data}}`), id: 'evt_1' });
      expect(JSON.parse(request.body.toString())).toEqual({ data: { id: 'evt_1' } });
    }
    const listed = await sourceOf("eventId: 'body.entry.0.id'");
    const request = buildSignedRequest(listed, { body: Buffer.from('{"entry":[{"a":1}]}'), id: 'evt_1' });
    expect(JSON.parse(request.body.toString())).toEqual({ entry: [{ a: 1, id: 'evt_1' }] });
  });

  it.each(['hello', '', '[]', 'null', '5', '"text"'])(
    'is refused if the body has no place for an id: %j',
    async (text) => {
      const source = await schemeOf('hmac');
      const call = () => buildSignedRequest(source, { body: Buffer.from(text), id: 'evt_1' });
      expect(call).toThrow(ConfigError);
      expect(call).toThrow('the body is not a JSON object, so no id or type can be put into it');
    },
  );

  it('need not be JSON if no id or type is given', async () => {
    const source = await schemeOf('hmac');
    const request = buildSignedRequest(source, { body: Buffer.from('hello') });
    expect(request.body.toString()).toBe('hello');
    expect(request.eventId).toBeUndefined();
  });
});
