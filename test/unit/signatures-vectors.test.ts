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
});
