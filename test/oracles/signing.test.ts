// Tests that Surehook takes what the providers' own SDKs sign.
import { signWebhookPayload } from '@notionhq/client';
import { sign as octokit } from '@octokit/webhooks-methods';
import { encodeSignatureHeader } from '@sanity/webhook';
import { WorkOS } from '@workos-inc/node';
import coinbase from 'coinbase-commerce-node';
import { sign as retell } from 'retell-sdk';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as Svix } from 'svix';
import { expect, it } from 'vitest';
import { type SchemeName, verifySignature } from '../../src/signatures/index.ts';

const TEXTS = ['{"id":"evt_1","name":"Łódź 🚲","n":1e3}', ' {\r\n\t"a" : [ ] }\n'];
const SECRET = 'a secret of the account';
const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const seconds = Math.floor(Date.now() / 1000);
const sign = (webhook: Webhook | Svix, text: string) => webhook.sign('msg_1', new Date(seconds * 1000), text);
/** Polar encodes the whole secret for a library that takes keys in base64. */
const ofPolar = (secret: string) => new Webhook(Buffer.from(secret).toString('base64'));

const signers: [string, SchemeName, string, (text: string) => unknown, string][] = [
  [
    'stripe',
    'stripe',
    SECRET,
    (payload) => Stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET }),
    'stripe-signature',
  ],
  ['octokit', 'github', SECRET, (text) => octokit(SECRET, text), 'x-hub-signature-256'],
  [
    '@notionhq/client',
    'notion',
    SECRET,
    (body) => signWebhookPayload({ body, verificationToken: SECRET }),
    'x-notion-signature',
  ],
  [
    '@sanity/webhook',
    'sanity',
    SECRET,
    (text) => encodeSignatureHeader(text, Date.now(), SECRET),
    'sanity-webhook-signature',
  ],
  ['retell-sdk', 'retell', SECRET, (text) => retell(text, SECRET), 'x-retell-signature'],
  [
    'coinbase-commerce-node',
    'coinbase-commerce',
    SECRET,
    (text) => coinbase.Webhook.computeSignature(text, SECRET),
    'x-cc-webhook-signature',
  ],
  ['standardwebhooks', 'standard', WHSEC, (text) => sign(new Webhook(WHSEC), text), 'webhook-signature'],
  [
    'standardwebhooks, older secrets',
    'polar',
    'polar_whs_x',
    (text) => sign(ofPolar('polar_whs_x'), text),
    'webhook-signature',
  ],
  [
    'standardwebhooks, newer secrets',
    'polar',
    WHSEC,
    (text) => sign(new Webhook(WHSEC), text),
    'webhook-signature',
  ],
  ['svix', 'svix', WHSEC, (text) => sign(new Svix(WHSEC), text), 'svix-signature'],
  [
    '@workos-inc/node',
    'workos',
    SECRET,
    async (text) => {
      const t = Date.now();
      return `t=${t}, v1=${await new WorkOS('key').webhooks.computeSignature(t, Buffer.from(text), SECRET)}`;
    },
    'workos-signature',
  ],
];

it.each(signers)('%s signs what %s takes', async (_sdk, scheme, secret, signer, header) => {
  const prefix = header.replace(/signature$/, '');
  for (const text of TEXTS) {
    const others =
      prefix === 'webhook-' || prefix === 'svix-'
        ? { [`${prefix}id`]: 'msg_1', [`${prefix}timestamp`]: String(seconds) }
        : {};
    const headers = { [header]: String(await signer(text)), ...others };
    const request = { scheme, headers, rawBody: Buffer.from(text) };
    expect(verifySignature({ ...request, secrets: [secret] })).toEqual({ ok: true });
    expect(verifySignature({ ...request, secrets: ['another secret'] }).ok).toBe(false);
  }
});
