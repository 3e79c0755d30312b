// Tests the schemes of tools of developers against the providers' own SDKs.
import hookdeck from '@hookdeck/sdk/webhooks/helpers.js';
import { LinearWebhookClient } from '@linear/sdk/webhooks';
import { verify as octokit } from '@octokit/webhooks-methods';
import { isValidSignature } from '@sanity/webhook';
import { WorkOS } from '@workos-inc/node';
import { WebflowClient } from 'webflow-api';
import { NOW } from '../support/scheme-cases.ts';
import { agrees } from './support.ts';

agrees({
  scheme: 'github',
  sdk: '@octokit/webhooks-methods',
  looser: { 'an empty body': 'it wants a body' },
  judge: ({ text, headers, secret }) => octokit(secret, text, headers['x-hub-signature-256'] ?? ''),
});

agrees({
  scheme: 'linear',
  sdk: '@linear/sdk',
  reads: 'bytes',
  bodyOf: (bytes) =>
    Buffer.concat([Buffer.from(`{"webhookTimestamp":${NOW * 1000},"x":`), bytes, Buffer.from('}')]),
  judge: ({ rawBody, headers, secret }) =>
    new LinearWebhookClient(secret).verify(rawBody, headers['linear-signature'] ?? ''),
});

agrees({
  scheme: 'workos',
  sdk: '@workos-inc/node',
  stricter: ['a time ahead'],
  judge: ({ rawBody, headers, secret }) =>
    new WorkOS('key').webhooks.verifyHeader({
      payload: rawBody,
      sigHeader: headers['workos-signature'] ?? '',
      secret,
    }),
});

agrees({
  scheme: 'sanity',
  sdk: '@sanity/webhook',
  looser: { 'an empty body': 'it wants a body' },
  stricter: ['a stale time', 'a time ahead'],
  judge: ({ text, headers, secret }) =>
    isValidSignature(text, headers['sanity-webhook-signature'] ?? '', secret),
});

agrees({
  scheme: 'webflow',
  sdk: 'webflow-api',
  stricter: ['a stale time', 'a time ahead'],
  judge: ({ text, headers, secret }) =>
    new WebflowClient({ accessToken: 'key' }).webhooks.verifySignature({
      headers: headers as { 'x-webflow-signature': string; 'x-webflow-timestamp': string },
      body: text,
      secret,
    }),
});

agrees({
  scheme: 'hookdeck',
  sdk: '@hookdeck/sdk',
  judge: async ({ text, headers, secret }) => {
    const answer = await hookdeck.verifyWebhookSignature({ headers, rawBody: text, signingSecret: secret });
    return answer.isValidSignature;
  },
});
