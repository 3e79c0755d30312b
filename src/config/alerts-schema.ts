// The schema of `alerts` in the config file.
import { z } from 'zod';
import { duration } from './retry-schedule.ts';
import { headers, httpUrl, name, secretRef, secrets } from './schema-parts.ts';

const HOUR_MS = 3_600_000;
const KINDS = ['dead_letter', 'recovered', 'expiring', 'endpoint_down'] as const;

/** A mail address without control characters, since a line break would add a header to the mail. */
const mailbox = z
  .string()
  .regex(
    /^([^\p{Cc}<>@,;]+ <[^\p{Cc}\s<>@,;]+@[^\p{Cc}\s<>@,;]+>|[^\p{Cc}\s<>@,;]+@[^\p{Cc}\s<>@,;]+)$/u,
    "expected an address such as 'ops@example.com' or 'Surehook <ops@example.com>'",
  );

const common = {
  sources: z.array(name).min(1, 'expected at least one source; leave it out for all').optional(),
  on: z
    .array(z.enum(KINDS, { error: `expected ${KINDS.map((kind) => `'${kind}'`).join(', ')}` }))
    .min(1, `expected at least one of ${KINDS.join(', ')}; leave it out for all`)
    .default([...KINDS]),
  gather: duration.refine((ms) => ms <= HOUR_MS, { error: 'expected at most 1 hour' }).default(5_000),
  every: duration
    .refine((ms) => ms >= 1_000 && ms <= 24 * HOUR_MS, { error: 'expected 1 second to 1 day' })
    .default(60_000),
};

const slack = z.strictObject({ channel: z.literal('slack'), url: secretRef, ...common });
const pagerduty = z.strictObject({
  channel: z.literal('pagerduty'),
  routingKey: secretRef,
  severity: z
    .enum(['critical', 'error', 'warning', 'info'], {
      error: "expected 'critical', 'error', 'warning' or 'info'",
    })
    .default('error'),
  url: httpUrl.default('https://events.pagerduty.com/v2/enqueue'),
  ...common,
});
const email = z.strictObject({
  channel: z.literal('email'),
  smtp: secretRef,
  from: mailbox,
  to: z.array(mailbox).min(1, 'expected at least one address'),
  ...common,
});
const webhook = z.strictObject({ channel: z.literal('webhook'), url: httpUrl, secrets, headers, ...common });

export const alertRouteSchema = z.discriminatedUnion('channel', [slack, pagerduty, email, webhook], {
  error: "expected an object with channel: 'slack', 'pagerduty', 'email' or 'webhook'",
});

export type ParsedAlertRoute = z.output<typeof alertRouteSchema>;
