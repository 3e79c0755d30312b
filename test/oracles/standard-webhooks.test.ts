// Tests the schemes that follow Standard Webhooks against the libraries and the providers' own SDKs.
import Anthropic from '@anthropic-ai/sdk';
import { verifyWebhook } from '@clerk/backend/webhooks';
import { webhooks as polar } from '@polar-sh/sdk/2026-10';
import Lithic from 'lithic';
import OpenAI from 'openai';
import { validateWebhook } from 'replicate';
import { Resend } from 'resend';
import { Webhook } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';
import { agrees } from './support.ts';

agrees({
  scheme: 'standard',
  sdk: 'standardwebhooks',
  judge: ({ text, headers, secret }) => {
    new Webhook(secret).verify(text, headers);
  },
});

agrees({
  scheme: 'svix',
  sdk: 'svix',
  looser: { 'an empty body': 'it parses the body' },
  judge: ({ text, headers, secret }) => {
    new Svix(secret).verify(text, headers);
  },
});

agrees({
  scheme: 'openai',
  sdk: 'openai',
  stricter: ['a space before the signature'],
  judge: ({ text, headers, secret }) =>
    new OpenAI({ apiKey: 'key' }).webhooks.verifySignature(text, headers, secret),
});

agrees({
  scheme: 'anthropic',
  sdk: '@anthropic-ai/sdk',
  looser: { 'an empty body': 'it parses the body' },
  judge: ({ text, headers, secret }) => {
    new Anthropic({ apiKey: 'key' }).beta.webhooks.unwrap(text, { headers, key: secret });
  },
});

agrees({
  scheme: 'replicate',
  sdk: 'replicate',
  looser: { 'an empty body': 'it wants a body' },
  stricter: ['a stale time', 'a time ahead'],
  judge: ({ text, headers, secret }) =>
    validateWebhook({
      id: headers['webhook-id'] ?? '',
      timestamp: headers['webhook-timestamp'] ?? '',
      signature: headers['webhook-signature'] ?? '',
      body: text,
      secret,
    }),
});

agrees({
  scheme: 'polar',
  sdk: '@polar-sh/sdk',
  looser: { 'an empty body': 'it parses the body' },
  bodyOf: (bytes) => Buffer.concat([Buffer.from('{"type":"order.created","x":'), bytes, Buffer.from('}')]),
  judge: ({ text, headers, secret }) => polar.validateEvent(text, headers, secret),
});

agrees({
  scheme: 'lithic',
  sdk: 'lithic',
  judge: ({ text, headers, secret }) =>
    new Lithic({ apiKey: 'key' }).webhooks.verifySignature(text, headers, secret),
});

agrees({
  scheme: 'resend',
  sdk: 'resend',
  judge: ({ text, headers, secret }) => {
    new Resend('re_key').webhooks.verify({
      payload: text,
      headers: {
        id: headers['svix-id'] ?? '',
        timestamp: headers['svix-timestamp'] ?? '',
        signature: headers['svix-signature'] ?? '',
      },
      webhookSecret: secret,
    });
  },
});

agrees({
  scheme: 'clerk',
  sdk: '@clerk/backend',
  looser: { 'an empty body': 'it parses the body' },
  judge: async ({ rawBody, headers, secret }) => {
    const request = new Request('https://app.example', {
      method: 'POST',
      body: new Uint8Array(rawBody),
      headers,
    });
    await verifyWebhook(request, { signingSecret: secret });
  },
});
