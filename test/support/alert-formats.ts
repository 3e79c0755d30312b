// Schemas of the messages that providers take, as the providers document them.
import { z } from 'zod';

/**
 * Source: https://developer.pagerduty.com/docs/events-api-v2/trigger-events, and …/overview for the limit of
 * 512 KB.
 */
const pagerDutyTrigger = z.strictObject({
  routing_key: z.string().length(32),
  event_action: z.literal('trigger'),
  dedup_key: z.string().min(1).max(255).optional(),
  payload: z.strictObject({
    summary: z.string().min(1).max(1_024),
    source: z.string().min(1),
    severity: z.enum(['critical', 'error', 'warning', 'info']),
    timestamp: z.iso.datetime().optional(),
    component: z.string().optional(),
    group: z.string().optional(),
    class: z.string().optional(),
    custom_details: z.record(z.string(), z.unknown()).optional(),
  }),
  images: z
    .array(z.strictObject({ src: z.url(), href: z.url().optional(), alt: z.string().optional() }))
    .optional(),
  links: z.array(z.strictObject({ href: z.url(), text: z.string().optional() })).optional(),
  client: z.string().optional(),
  client_url: z.url().optional(),
});
const pagerDutyResolve = z.strictObject({
  routing_key: z.string().length(32),
  event_action: z.enum(['resolve', 'acknowledge']),
  dedup_key: z.string().min(1).max(255),
});
export const pagerDutyEvent = z.discriminatedUnion('event_action', [pagerDutyTrigger, pagerDutyResolve]);

/**
 * Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
 * …/reference/block-kit/blocks. Limits: 50 blocks, 150 characters of plain text in a header, 3,000 in a
 * section. In markup, `<` must begin a link, `&` an entity.
 */
const mrkdwn = z
  .string()
  .min(1)
  .max(3_000)
  .refine((text) => !/&(?!(amp|lt|gt);)/.test(text), { error: 'an & that is not escaped' })
  .refine((text) => !/[<>]/.test(text.replaceAll(/<https?:[^<>|]+\|[^<>|]+>/g, '')), {
    error: 'a < or > that is no link',
  });
const slackBlock = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('header'),
    text: z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(150) }),
  }),
  z.strictObject({
    type: z.literal('section'),
    text: z.strictObject({ type: z.literal('mrkdwn'), text: mrkdwn, verbatim: z.literal(true) }),
  }),
]);
export const slackMessage = z.strictObject({
  text: mrkdwn.max(40_000),
  blocks: z.array(slackBlock).min(1).max(50),
});

const tally = z.strictObject({
  source: z.string(),
  count: z.int().positive(),
  first_at: z.iso.datetime(),
  last_at: z.iso.datetime(),
  errors: z.record(z.string(), z.int().positive()),
  steps: z.record(z.string(), z.int().positive()),
  examples: z
    .array(
      z.strictObject({
        event_id: z.string(),
        event_type: z.string(),
        failed_steps: z.array(z.string()),
        errors: z.array(z.string()),
        at: z.iso.datetime(),
        run_id: z.string(),
        url: z.url().optional(),
      }),
    )
    .max(5),
});
const kind = z.strictObject({ count: z.int().positive(), sources: z.array(tally) }).optional();
const endpoint = tally.pick({ count: true, first_at: true, last_at: true, errors: true });
const endpointKind = z
  .strictObject({ count: z.int().positive(), endpoints: z.array(endpoint.extend({ endpoint: z.string() })) })
  .optional();

/** Source: docs/alerts.md; Standard Webhooks recommends `type`, `timestamp` and `data`. */
export const webhookAlert = z.strictObject({
  type: z.enum(['dead_letter.alert', 'endpoint.alert']),
  timestamp: z.iso.datetime(),
  data: z.strictObject({
    route: z.string(),
    test: z.boolean(),
    summary: z.string(),
    dead_letter: kind,
    recovered: kind,
    discarded: kind,
    expiring: kind,
    expired: kind,
    endpoint_down: endpointKind,
    endpoint_up: endpointKind,
    open: z.record(z.string(), z.int().nonnegative()),
  }),
});
