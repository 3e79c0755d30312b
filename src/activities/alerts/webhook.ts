// An alert as a signed POST of JSON, as everything that Surehook sends.
import type { Tally } from '../../alerts.ts';
import type { WebhookRoute } from '../../config/config.ts';
import { signDelivery } from '../../signatures/index.ts';
import { type Alert, toTitle } from './alert.ts';

export const ALERT_EVENT_TYPE = 'dead_letter.alert';

export function toWebhookBody(alert: Alert) {
  const { route, gathered, open, linkTo, at, isTest } = alert;
  const kinds = Object.entries(gathered).map(([kind, bySource]) => {
    const sources = Object.entries(bySource).map(([source, tally]) => ({
      source,
      ...withLinks(source, tally, linkTo),
    }));
    const count = sources.reduce((sum, one) => sum + one.count, 0);
    return [kind, { count, sources }];
  });
  return {
    type: ALERT_EVENT_TYPE,
    timestamp: at.toISOString(),
    data: { route, test: isTest, summary: toTitle(alert), ...Object.fromEntries(kinds), open },
  };
}

function withLinks(source: string, tally: Tally, linkTo: Alert['linkTo']) {
  const examples = tally.examples.map((one) => {
    const url = linkTo(source, one.event_id, one.run_id);
    return url === undefined ? one : { ...one, url };
  });
  return { ...tally, examples };
}

export function toWebhookHeaders(
  { secrets }: WebhookRoute,
  alert: Alert,
  rawBody: Uint8Array,
): Record<string, string> {
  return {
    'x-webhook-event-type': ALERT_EVENT_TYPE,
    ...signDelivery({ secrets: secrets.map((one) => one.reveal()), workflowId: alert.id, rawBody }),
  };
}
