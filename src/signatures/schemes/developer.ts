// Schemes of tools of developers: source code, builds, hosting, errors, identity.
import type { Place, Scheme } from '../scheme.ts';
import { BODY_DIGEST, pairs, plain, row } from './row.ts';

const githubWay = plain('x-hub-signature-256', 'hex', 'sha256=');
const BODY_ID: readonly Place[] = ['body.id'];
const BODY_TYPE: readonly Place[] = ['body.type'];

/** Gitea and those that come of it send their own header, and GitHub's for those who have moved from there. */
function gitea(names: readonly [string, ...string[]], docs: string): Scheme {
  const headers = names.map((name) => `x-${name}-signature`);
  return row([plain(headers, 'hex'), githubWay], {
    eventId: [...names, 'github'].map((name) => `header.x-${name}-delivery`),
    eventType: [...names, 'github'].map((name) => `header.x-${name}-event`),
    docs,
  });
}

/** Atlassian's, with the header that GitHub had before. */
const atlassianWay = plain('x-hub-signature', 'hex', 'sha256=');

export const DEVELOPER_SCHEMES = {
  github: row(githubWay, {
    eventId: ['header.x-github-delivery'],
    eventType: ['header.x-github-event'],
    docs: 'https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries',
  }),
  gitea: gitea(['gitea'], 'https://docs.gitea.com/usage/webhooks'),
  forgejo: gitea(['forgejo', 'gitea'], 'https://forgejo.org/docs/latest/user/webhooks/'),
  // The second place is Data Center's.
  bitbucket: row(atlassianWay, {
    eventId: ['header.x-request-uuid', 'header.x-request-id'],
    eventType: ['header.x-event-key'],
    docs: 'https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/',
  }),
  jira: row(atlassianWay, {
    eventId: ['header.x-atlassian-webhook-identifier'],
    eventType: ['body.webhookEvent'],
    docs: 'https://developer.atlassian.com/cloud/jira/platform/webhooks/',
  }),
  // `Linear-Timestamp` repeats the time of the body without being signed.
  linear: row(
    {
      ...plain('linear-signature', 'hex'),
      time: { field: 'webhookTimestamp', unit: 'ms', toleranceSeconds: 60 },
    },
    {
      eventId: ['header.linear-delivery'],
      eventType: ['header.linear-event'],
      docs: 'https://linear.app/developers/webhooks',
    },
  ),
  pagerduty: row(plain('x-pagerduty-signature', 'hex', 'v1='), {
    eventId: ['body.event.id'],
    eventType: ['body.event.event_type'],
    docs: 'https://developer.pagerduty.com/docs/webhooks/webhook-signatures/',
  }),
  workos: row(pairs({ header: 'workos-signature', unit: 'ms', toleranceSeconds: 180 }), {
    eventId: BODY_ID,
    eventType: ['body.event'],
    docs: 'https://workos.com/docs/events/data-syncing/webhooks',
  }),
  // The header with the time is not signed.
  sentry: row(plain('sentry-hook-signature', 'hex'), {
    eventId: ['header.request-id'],
    eventType: ['header.sentry-hook-resource'],
    docs: 'https://docs.sentry.io/product/integrations/integration-platform/webhooks/',
  }),
  vercel: row(
    { ...plain('x-vercel-signature', 'hex'), hash: 'sha1' },
    { eventId: BODY_ID, eventType: BODY_TYPE, docs: 'https://vercel.com/docs/webhooks' },
  ),
  circleci: row(plain('circleci-signature', 'hex', 'v1='), {
    eventId: BODY_ID,
    eventType: ['header.circleci-event-type', 'body.type'],
    docs: 'https://circleci.com/docs/guides/integration/outbound-webhooks/',
  }),
  buildkite: row(
    pairs({ header: 'x-buildkite-signature', timestamp: 'timestamp', signature: 'signature', unit: 's' }),
    {
      eventId: [BODY_DIGEST],
      eventType: ['header.x-buildkite-event'],
      docs: 'https://buildkite.com/docs/apis/webhooks/pipelines',
    },
  ),
  heroku: row(plain('heroku-webhook-hmac-sha256', 'base64'), {
    eventId: BODY_ID,
    eventType: ['body.resource'],
    docs: 'https://devcenter.heroku.com/articles/app-webhooks',
  }),
  webflow: row(
    {
      ...plain('x-webflow-signature', 'hex'),
      signed: '{timestamp}:{body}',
      time: { header: 'x-webflow-timestamp', unit: 'ms', toleranceSeconds: 300 },
    },
    {
      eventId: [BODY_DIGEST],
      eventType: ['body.triggerType'],
      docs: 'https://developers.webflow.com/data/docs/working-with-webhooks',
    },
  ),
  sanity: row(pairs({ header: 'sanity-webhook-signature', encoding: 'base64url', unit: 'ms' }), {
    eventId: ['header.idempotency-key'],
    eventType: ['header.sanity-operation'],
    docs: 'https://www.sanity.io/docs/content-lake/webhook-best-practices',
  }),
  alchemy: row(plain('x-alchemy-signature', 'hex'), {
    eventId: ['body.id', BODY_DIGEST],
    eventType: BODY_TYPE,
    docs: 'https://www.alchemy.com/docs/reference/notify-api-quickstart',
  }),
  // The second header has the newer secret while both are in use.
  hookdeck: row(plain(['x-hookdeck-signature', 'x-hookdeck-signature-2'], 'base64'), {
    eventId: ['header.x-hookdeck-eventid', BODY_DIGEST],
    eventType: BODY_TYPE,
    docs: 'https://hookdeck.com/docs/authentication',
  }),
  cursor: row(plain('x-webhook-signature', 'hex', 'sha256='), {
    eventId: [BODY_DIGEST],
    eventType: ['header.x-webhook-event'],
    docs: 'https://docs.cursor.com/account/cloud-agent-webhooks',
  }),
  knock: row(
    pairs({
      header: 'x-knock-signature',
      signature: 's',
      encoding: 'base64',
      unit: 'ms',
      toleranceSeconds: 300,
    }),
    {
      eventId: BODY_ID,
      eventType: BODY_TYPE,
      docs: 'https://docs.knock.app/developer-tools/outbound-webhooks/overview',
    },
  ),
} satisfies Record<string, Scheme>;
