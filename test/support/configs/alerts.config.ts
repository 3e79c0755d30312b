// A config with alert routes of every channel. All names end in SUFFIX, since a namespace has one route of each name.
import { defineConfig, PermanentError, secret } from 'surehook';

const receiver = process.env.RECEIVER_URL ?? 'http://127.0.0.1:9';
const suffix = process.env.SUFFIX ?? '';
const wanted = (process.env.CHANNELS ?? 'slack,pagerduty,email,webhook').split(',');
const partner = { scheme: 'hmac' as const, secrets: [secret('PARTNER_SECRET')] };
const pace = { gather: process.env.GATHER ?? '1s', every: process.env.EVERY ?? '2s' };
const fail = async () => {
  throw new PermanentError('a message with a secret of the payload');
};

/** The receiver's answer decides whether the handler succeeds. */
const ask = async (event: { id: string }) => {
  const headers = { 'x-webhook-event-id': event.id };
  const response = await fetch(`${receiver}/handler`, { method: 'POST', headers });
  if (!response.ok) throw new PermanentError(`the receiver says ${response.status}`);
};

const alerts = {
  slack: { channel: 'slack' as const, url: secret('SLACK_URL'), ...pace },
  pagerduty: {
    channel: 'pagerduty' as const,
    routingKey: secret('ROUTING_KEY'),
    url: `${receiver}/pagerduty`,
    ...pace,
  },
  email: {
    channel: 'email' as const,
    smtp: secret('SMTP_URL'),
    from: 'Surehook <surehook@example.com>',
    to: ['ops@example.com', 'Oncall <oncall@example.com>'],
    ...pace,
  },
  webhook: {
    channel: 'webhook' as const,
    url: `${receiver}/webhook`,
    secrets: [secret('ENDPOINT_SECRET'), secret('ENDPOINT_SECRET_OLD')],
    ...pace,
  },
  only_second: {
    channel: 'webhook' as const,
    url: `${receiver}/only-second`,
    secrets: [secret('ENDPOINT_SECRET')],
    sources: [`second${suffix}`],
    on: ['dead_letter' as const],
    ...pace,
  },
};

const { WARN_BEFORE, MAX_BODY_BYTES } = process.env;
const limit = MAX_BODY_BYTES ? { maxBodyBytes: Number(MAX_BODY_BYTES) } : {};

export default defineConfig({
  ...(WARN_BEFORE ? { retention: { warnBefore: WARN_BEFORE } } : {}),
  sources: {
    [`first${suffix}`]: { verify: partner, handlers: { ask, '*': fail }, ...limit },
    [`second${suffix}`]: { verify: partner, handlers: { '*': fail } },
  },
  alerts: Object.fromEntries(
    Object.entries(alerts)
      .filter(([name]) => wanted.includes(name))
      .map(([name, route]) => [name + suffix, route]),
  ),
});
