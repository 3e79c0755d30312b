// Tests the schemes of payments against the providers' own SDKs.
import { Paddle } from '@paddle/paddle-node-sdk';
import coinbase from 'coinbase-commerce-node';
import { verifySignature as gocardless } from 'gocardless-nodejs/webhooks';
import Razorpay from 'razorpay';
import { WebhooksHelper } from 'square';
import Stripe from 'stripe';
import { agrees } from './support.ts';

agrees({
  scheme: 'stripe',
  sdk: 'stripe',
  stricter: ['a time ahead'],
  judge: ({ rawBody, headers, secret }) =>
    Stripe.webhooks.signature?.verifyHeader(rawBody, headers['stripe-signature'] ?? '', secret, 300),
});

agrees({
  scheme: 'paddle',
  sdk: '@paddle/paddle-node-sdk',
  stricter: ['a time ahead'],
  judge: ({ text, headers, secret }) =>
    new Paddle('key').webhooks.isSignatureValid(text, secret, headers['paddle-signature'] ?? ''),
});

agrees({
  scheme: 'square',
  sdk: 'square',
  judge: ({ text, headers, secret, url }) =>
    WebhooksHelper.verifySignature({
      requestBody: text,
      signatureHeader: headers['x-square-hmacsha256-signature'] ?? '',
      signatureKey: secret,
      notificationUrl: url,
    }),
});

agrees({
  scheme: 'razorpay',
  sdk: 'razorpay',
  judge: ({ text, headers, secret }) =>
    Razorpay.validateWebhookSignature(text, headers['x-razorpay-signature'] ?? '', secret),
});

agrees({
  scheme: 'gocardless',
  sdk: 'gocardless-nodejs',
  reads: 'bytes',
  stricter: ['hex in upper case', 'a space behind the signature'],
  judge: ({ rawBody, headers, secret }) => {
    gocardless(rawBody, secret, headers['webhook-signature'] ?? '');
  },
});

agrees({
  scheme: 'coinbase-commerce',
  sdk: 'coinbase-commerce-node',
  judge: ({ text, headers, secret }) =>
    coinbase.Webhook.verifySigHeader(text, headers['x-cc-webhook-signature'] ?? '', secret),
});
