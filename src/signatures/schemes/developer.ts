// Schemes of tools of developers.
import { textKey } from '../keys.ts';
import { type Scheme, scheme } from '../scheme.ts';
import { prefixed } from '../signature-headers.ts';
import { signed } from '../signed.ts';

export const DEVELOPER_SCHEMES = {
  github: scheme({
    ways: [signed({ header: 'x-hub-signature-256', syntax: prefixed('sha256='), encoding: 'hex' })],
    key: textKey,
    eventId: ['header.x-github-delivery'],
    eventType: ['header.x-github-event'],
    docs: 'https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries',
  }),
} satisfies Record<string, Scheme>;
