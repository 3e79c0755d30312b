// Tests the schemes of chat, calls, documents and video against the providers' own SDKs.
import { ElevenLabsClient } from '@elevenlabs/elevenlabs-js';
import { validateSignature } from '@line/bot-sdk';
import { Mux } from '@mux/mux-node';
import { verifyWebhookSignature } from '@notionhq/client';
import slack from '@slack/bolt/dist/receivers/verify-request.js';
import { WebhooksManager } from 'box-node-sdk/managers/webhooks';
import Pusher from 'pusher';
import Retell from 'retell-sdk';
import { verifySignature as streamChat } from 'stream-chat';
import { agrees } from './support.ts';

agrees({
  scheme: 'slack',
  sdk: '@slack/bolt',
  stricter: ['a time ahead'],
  judge: ({ text, headers, secret }) => {
    slack.verifySlackRequest({
      signingSecret: secret,
      body: text,
      headers: {
        'x-slack-signature': headers['x-slack-signature'] ?? '',
        'x-slack-request-timestamp': Number(headers['x-slack-request-timestamp']),
      },
    });
  },
});

agrees({
  scheme: 'line',
  sdk: '@line/bot-sdk',
  reads: 'bytes',
  stricter: ['a space behind the signature'],
  judge: ({ rawBody, headers, secret }) =>
    validateSignature(rawBody, secret, headers['x-line-signature'] ?? ''),
});

agrees({
  scheme: 'stream-chat',
  sdk: 'stream-chat',
  reads: 'bytes',
  judge: ({ rawBody, headers, secret }) => streamChat(rawBody, headers['x-signature'] ?? '', secret),
});

agrees({
  scheme: 'pusher',
  sdk: 'pusher',
  looser: { 'an empty body': 'it parses the body' },
  headers: { 'x-pusher-key': 'key', 'content-type': 'application/json' },
  judge: ({ text, headers, secret }) =>
    new Pusher({ appId: '1', key: 'key', secret, cluster: 'eu' })
      .webhook({ headers, rawBody: text })
      .isValid(),
});

agrees({
  scheme: 'retell',
  sdk: 'retell-sdk',
  stricter: ['hex in upper case'],
  judge: ({ text, headers, secret }) => Retell.verify(text, secret, headers['x-retell-signature'] ?? ''),
});

agrees({
  scheme: 'elevenlabs',
  sdk: '@elevenlabs/elevenlabs-js',
  stricter: ['a time ahead'],
  looser: { 'an empty body': 'it parses the body' },
  judge: ({ text, headers, secret }) =>
    new ElevenLabsClient({ apiKey: 'key' }).webhooks.constructEvent(
      text,
      headers['elevenlabs-signature'] ?? '',
      secret,
    ),
});

agrees({
  scheme: 'box',
  sdk: 'box-node-sdk',
  stricter: ['a space behind the signature'],
  headers: { 'box-signature-version': '1', 'box-signature-algorithm': 'HmacSHA256' },
  judge: ({ text, headers, secret }) => WebhooksManager.validateMessage(text, headers, secret),
});

agrees({
  scheme: 'notion',
  sdk: '@notionhq/client',
  stricter: ['hex in upper case'],
  judge: ({ text, headers, secret }) =>
    verifyWebhookSignature({
      body: text,
      signature: headers['x-notion-signature'] ?? '',
      verificationToken: secret,
    }),
});

agrees({
  scheme: 'mux',
  sdk: '@mux/mux-node',
  stricter: ['a time ahead', 'a space behind the signature'],
  judge: ({ text, headers, secret }) =>
    new Mux({ tokenId: 'id', tokenSecret: 'secret' }).webhooks.verifySignature(text, headers, secret),
});
