// An alert as a POST of JSON, signed as deliveries are.
import { revealHeaders, type WebhookRoute } from '../../config/config.ts';
import { type AlertKind, isOfEndpoint, type Tally } from '../../contracts/alert.ts';
import { signDelivery } from '../../signatures/index.ts';
import { type Alert, sourcesOf, toTitle } from './alert.ts';

/** An alert about both dead letters and endpoints has the type of dead letters. */
function toEventType({ gathered }: Alert): string {
  return sourcesOf(gathered).length > 0 ? 'dead_letter.alert' : 'endpoint.alert';
}

export function toWebhookBody(alert: Alert) {
  const { route, gathered, open, linkTo, at, isTest } = alert;
  const kinds = Object.entries(gathered).map(([kind, bySource]) => {
    if (isOfEndpoint(kind as AlertKind)) return [kind, toEndpoints(bySource)];
    const sources = Object.entries(bySource).map(([source, tally]) => ({
      source,
      ...withLinks(source, tally, linkTo),
    }));
    const count = sources.reduce((sum, tally) => sum + tally.count, 0);
    return [kind, { count, sources }];
  });
  return {
    type: toEventType(alert),
    timestamp: at.toISOString(),
    data: { route, test: isTest, summary: toTitle(alert), ...Object.fromEntries(kinds), open },
  };
}

function toEndpoints(tallies: Record<string, Tally>) {
  const endpoints = Object.entries(tallies).map(([endpoint, { count, first_at, last_at, errors }]) => {
    return { endpoint, count, first_at, last_at, errors };
  });
  return { count: endpoints.length, endpoints };
}

function withLinks(source: string, tally: Tally, linkTo: Alert['linkTo']) {
  const examples = tally.examples.map((example) => {
    const url = linkTo(source, example.event_id, example.run_id);
    return url === undefined ? example : { ...example, url };
  });
  return { ...tally, examples };
}

export function toWebhookHeaders(
  { headers, secrets }: WebhookRoute,
  alert: Alert,
  rawBody: Uint8Array,
): Record<string, string> {
  return {
    ...revealHeaders(headers),
    'x-webhook-event-type': toEventType(alert),
    ...signDelivery({ secrets: secrets.map((secret) => secret.reveal()), workflowId: alert.id, rawBody }),
  };
}
