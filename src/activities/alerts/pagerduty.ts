// Events for PagerDuty's Events API v2: a source has one incident per route, open while it has dead letters.
// https://developer.pagerduty.com/docs/events-api-v2/trigger-events
import type { PagerDutyRoute } from '../../config/config.ts';
import { type AlertKind, isOfEndpoint } from '../../contracts/alert.ts';
import { type Alert, most, toExamples, toNextSteps, toTitle } from './alert.ts';

const SUMMARY_MAX = 1_024;

/** An endpoint has an incident of its own, which the latest raise about it opens or closes. */
export function toEndpointEvent(route: PagerDutyRoute, alert: Alert, endpoint: string, isDown: boolean) {
  const common = {
    routing_key: route.routingKey.reveal(),
    dedup_key: `surehook:${alert.route}:endpoint:${endpoint}`,
  };
  if (!isDown) return { ...common, event_action: 'resolve' };
  const tally = alert.gathered.endpoint_down?.[endpoint];
  const errors = most(tally?.errors ?? {});
  return {
    ...common,
    event_action: 'trigger',
    client: 'Surehook',
    payload: {
      summary: `Endpoint ${endpoint} is down${errors ? ` (${errors})` : ''}`.slice(0, SUMMARY_MAX),
      source: endpoint,
      severity: route.severity,
      timestamp: tally?.last_at ?? alert.at.toISOString(),
      group: 'surehook',
      component: endpoint,
      class: first(tally?.errors) ?? 'endpoint_down',
      custom_details: { errors: tally?.errors, next: 'surehook endpoints list' },
    },
  };
}

/** PagerDuty allows 255 characters; names have at most 63. */
function dedupKey(alert: Alert, source: string): string {
  return alert.isTest ? `surehook:test:${alert.id}` : `surehook:${alert.route}:${source}`;
}

export function toTrigger(route: PagerDutyRoute, whole: Alert, source: string) {
  const alert = onlySource(whole, source);
  const { dead_letter, expiring } = alert.gathered;
  const tally = dead_letter?.[source] ?? expiring?.[source];
  const errors = most(tally?.errors ?? {});
  const examples = toExamples(alert);
  const links = examples.flatMap(({ url, event_id }) => (url ? [{ href: url, text: event_id }] : []));
  return {
    routing_key: route.routingKey.reveal(),
    event_action: 'trigger',
    dedup_key: dedupKey(alert, source),
    client: 'Surehook',
    payload: {
      summary: `${toTitle(alert)}${errors ? ` (${errors})` : ''}`.slice(0, SUMMARY_MAX),
      source,
      severity: route.severity,
      timestamp: tally?.first_at ?? alert.at.toISOString(),
      group: 'surehook',
      component: first(tally?.steps) ?? source,
      class: first(tally?.errors) ?? 'dead_letter',
      custom_details: {
        dead_letters: dead_letter?.[source]?.count ?? 0,
        ...(expiring ? { about_to_expire: expiring[source]?.count } : {}),
        open_now: alert.open[source],
        errors: tally?.errors,
        steps: tally?.steps,
        first_at: tally?.first_at,
        last_at: tally?.last_at,
        examples: examples.map(({ url: _, source: __, ...example }) => example),
        next: toNextSteps(alert).join('\n'),
      },
    },
    ...(links.length > 0 ? { links } : {}),
  };
}

export function toResolve(route: PagerDutyRoute, alert: Alert, source: string) {
  return {
    routing_key: route.routingKey.reveal(),
    event_action: 'resolve',
    dedup_key: dedupKey(alert, source),
  };
}

function onlySource(alert: Alert, source: string): Alert {
  const kinds = Object.entries(alert.gathered).flatMap(([kind, bySource]) => {
    const tally = isOfEndpoint(kind as AlertKind) ? undefined : bySource[source];
    return tally ? [[kind, { [source]: tally }]] : [];
  });
  return { ...alert, gathered: Object.fromEntries(kinds) };
}

/** The most frequent name. */
function first(counts: Record<string, number> = {}): string | undefined {
  return Object.entries(counts).sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** What to do with the incident of a source. */
export interface IncidentVerdict {
  action: 'trigger' | 'resolve' | undefined;
  /** Whether to count once more a while later, as visibility may be behind. */
  again: boolean;
}

/**
 * Judges by how many dead letters the source has now, and by what has happened since the last alert.
 *
 * @param isRecheck nothing has happened since the last alert; the source is only counted again
 */
export function judgeIncident(
  { gathered }: Pick<Alert, 'gathered'>,
  source: string,
  open: number,
  isRecheck: boolean,
): IncidentVerdict {
  const count = (kind: keyof typeof gathered) => gathered[kind]?.[source]?.count ?? 0;
  const bad = count('dead_letter') + count('expiring');
  const ended = count('recovered') + count('discarded') + count('expired');
  if (bad > 0 && (open > 0 || count('dead_letter') > ended || ended === 0)) {
    return { action: 'trigger', again: open === 0 || ended > 0 || isRecheck };
  }
  if (open === 0) return { action: ended > 0 || isRecheck ? 'resolve' : undefined, again: false };
  return { action: undefined, again: ended > 0 || isRecheck };
}
