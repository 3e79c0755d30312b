// Tests the schemes of shops against the providers' own SDKs.
import '@shopify/shopify-api/adapters/node';
import easyPost from '@easypost/api';
import { shopifyApi } from '@shopify/shopify-api';
import { v2 as cloudinary } from 'cloudinary';
import { agrees } from './support.ts';

/** Its types describe another form of export. */
const EasyPost = easyPost as unknown as new (
  key: string,
) => { Utils: { validateWebhook(body: Buffer, headers: Record<string, string>, secret: string): unknown } };

function shopify(secret: string) {
  return shopifyApi({
    apiKey: 'key',
    apiSecretKey: secret,
    hostName: 'app.example',
    isEmbeddedApp: false,
    // biome-ignore lint/suspicious/noExplicitAny: the SDK wants one of the versions that it lists
    apiVersion: '2026-10' as any,
    logger: { log: () => undefined },
  });
}

agrees({
  scheme: 'shopify',
  sdk: '@shopify/shopify-api',
  looser: { 'an empty body': 'it wants a body' },
  headers: {
    'x-shopify-topic': 'orders/create',
    'x-shopify-shop-domain': 'shop.myshopify.com',
    'x-shopify-api-version': '2026-10',
    'x-shopify-webhook-id': 'id_1',
  },
  judge: async ({ text, headers, secret }) => {
    const rawRequest = { headers, method: 'POST', url: '/webhooks' };
    // biome-ignore lint/suspicious/noExplicitAny: the adapter reads headers, method and URL
    const answer = await shopify(secret).webhooks.validate({ rawBody: text, rawRequest } as any);
    return answer.valid;
  },
});

agrees({
  scheme: 'easypost',
  sdk: '@easypost/api',
  looser: { 'an empty body': 'it parses the body' },
  judge: ({ rawBody, headers, secret }) =>
    new EasyPost('key').Utils.validateWebhook(rawBody, headers, secret),
});

agrees({
  scheme: 'cloudinary',
  sdk: 'cloudinary',
  stricter: ['a time ahead'],
  judge: ({ text, headers, secret }) => {
    cloudinary.config({ api_secret: secret });
    return cloudinary.utils.verifyNotificationSignature(
      text,
      Number(headers['x-cld-timestamp']),
      headers['x-cld-signature'] ?? '',
    );
  },
});
