// Tests signatures byte for byte against values that providers publish.
import { describe, expect, it } from 'vitest';
import { signRequest, verifySignature } from '../../src/signatures/index.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const SPEC = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  now: 1614265330,
  rawBody: bytes('{"test": 2432232314}'),
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

describe('published vectors', () => {
  it("signs GitHub's documented example as GitHub does", () => {
    const secret = "It's a Secret to Everybody";
    const rawBody = bytes('Hello, World!');
    const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    expect(signRequest({ scheme: 'github', secret, rawBody })).toEqual({ 'x-hub-signature-256': signature });
    const headers = { 'X-Hub-Signature-256': signature };
    expect(verifySignature({ scheme: 'github', secrets: [secret], headers, rawBody })).toEqual({ ok: true });
  });

  it('signs the example of the Standard Webhooks libraries as the libraries do', () => {
    const { secret, rawBody, now, id } = SPEC;
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(now),
      'webhook-signature': SPEC.signature,
    };
    expect(signRequest({ scheme: 'standard', secret, rawBody, eventId: id, now })).toEqual(headers);
    expect(verifySignature({ scheme: 'standard', secrets: [secret], headers, rawBody, now })).toEqual({
      ok: true,
    });
  });

  it("signs the example of Svix's documentation as Svix does", () => {
    const secret = 'whsec_plJ3nmyCDGBKInavdOK15jsl';
    const rawBody = bytes('{"event_type":"ping","data":{"success":true}}');
    const now = 1731705121;
    const headers = {
      'svix-id': 'msg_loFOjxBNrRLzqYUf',
      'svix-timestamp': String(now),
      'svix-signature': 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
    };
    const eventId = 'msg_loFOjxBNrRLzqYUf';
    expect(signRequest({ scheme: 'svix', secret, rawBody, eventId, now })).toEqual(headers);
    for (const scheme of ['svix', 'standard'] as const) {
      expect(verifySignature({ scheme, secrets: [secret], headers, rawBody, now })).toEqual({ ok: true });
    }
  });

  it('verifies the Ed25519 example of the Svix libraries', () => {
    const headers = {
      'webhook-id': SPEC.id,
      'webhook-timestamp': String(SPEC.now),
      'webhook-signature':
        'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
    };
    const { rawBody, now } = SPEC;
    const secrets = ['whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4='];
    for (const scheme of ['standard', 'svix'] as const) {
      expect(verifySignature({ scheme, secrets, headers, rawBody, now })).toEqual({ ok: true });
    }
    const tampered = bytes('{"test": 2432232315}');
    expect(verifySignature({ scheme: 'standard', secrets, headers, rawBody: tampered, now })).toMatchObject({
      ok: false,
      code: 'signature_invalid',
    });
  });

  it("signs the example of Square's SDK", () => {
    const rawBody = bytes('{"data":{"type":"webhooks","id":">id<"}}');
    const request = { scheme: 'square', rawBody, url: 'https://webhook.site/webhooks' } as const;
    const headers = { 'x-square-hmacsha256-signature': 'Cxt7+aTi4rKgcA0bC4g9EHdVtLSDWdqccmL5MvihU4U=' };
    expect(signRequest({ ...request, secret: 'signature-key' })).toEqual(headers);
    expect(verifySignature({ ...request, secrets: ['signature-key'], headers })).toEqual({ ok: true });
    const elsewhere = { ...request, url: 'https://webhook.site/other', secrets: ['signature-key'], headers };
    expect(verifySignature(elsewhere)).toMatchObject({ ok: false, code: 'signature_invalid' });
  });

  it("signs the example of Paddle's SDK", () => {
    const now = 1698796800;
    const rawBody = bytes('{"data": ["1", "2"]}');
    const h1 = 'a300428748dce5c70e4da19bffd60769591ea969c99dea3105d0ec9612cf43f9';
    const headers = { 'paddle-signature': `ts=${now};h1=${h1}` };
    expect(signRequest({ scheme: 'paddle', secret: 'VALID_SECRET', rawBody, now })).toEqual(headers);
    expect(verifySignature({ scheme: 'paddle', secrets: ['VALID_SECRET'], headers, rawBody, now })).toEqual({
      ok: true,
    });
  });

  it("signs the example of Revolut's documentation", () => {
    const secret = 'wsk_r59a4HfWVAKycbCaNO1RvgCJec02gRd8';
    const now = 1683650202.36;
    const rawBody = bytes(
      '{"data":{"id":"645a7696-22f3-aa47-9c74-cbae0449cc46","new_state":"completed","old_state":"pending","request_id":"app_charges-9f5d5eb3-1e06-46c5-b1c0-3914763e0bcb"},"event":"TransactionStateChanged","timestamp":"2023-05-09T16:36:38.028960Z"}',
    );
    const headers = {
      'revolut-request-timestamp': '1683650202360',
      'revolut-signature': 'v1=bca326fb378d0da7f7c490ad584a8106bab9723d8d9cdd0d50b4c5b3be3837c0',
    };
    expect(signRequest({ scheme: 'revolut', secret, rawBody, now })).toEqual(headers);
    expect(verifySignature({ scheme: 'revolut', secrets: [secret], headers, rawBody, now })).toEqual({
      ok: true,
    });
  });
});
