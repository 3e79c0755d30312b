// `surehook events`: lists, shows, retries and cancels events through the operator API.
import type { ViewOf } from '../api/http/route.ts';
import type { cancelEventRoute } from '../api/operator/events/cancel-event.ts';
import type { EventView } from '../api/operator/events/event-view.ts';
import type { listEventsRoute } from '../api/operator/events/list-events.ts';
import type { retryEventRoute } from '../api/operator/events/retry-event.ts';
import type { showEventRoute } from '../api/operator/events/show-event.ts';
import type { OperatorClient } from './operator-client.ts';
import { table, timeOf } from './text.ts';

export interface EventListOptions {
  source?: string;
  type?: string;
  status?: string;
  since?: string;
  until?: string;
  limit?: string;
  cursor?: string;
  json?: boolean;
}

export async function eventsList(
  client: OperatorClient,
  { json, since, until, ...query }: EventListOptions,
): Promise<string> {
  const times = { since: timeOf('--since', since), until: timeOf('--until', until) };
  const page = await client.get<ViewOf<typeof listEventsRoute>>('/events', {
    ...query,
    ...times,
  });
  if (json) return JSON.stringify(page, null, 2);
  if (page.items.length === 0 && page.next_cursor === null) return noneText({ ...query, ...times });
  const rows = page.items.map((e) => [e.received_at, e.source, e.event_id, e.event_type ?? '', e.status]);
  const more = page.next_cursor ? [`\nMore: --cursor ${page.next_cursor}`] : [];
  const head = ['RECEIVED', 'SOURCE', 'EVENT ID', 'TYPE', 'STATUS'];
  return [rows.length === 0 ? 'None on this page.' : table(head, rows), ...more].join('\n');
}

function noneText({ limit: _limit, ...filter }: Record<string, string | undefined>): string {
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  if (filter.source === 'agent') return 'No events match. Tasks are listed by: surehook tasks list';
  return isFiltered ? 'No events match.' : 'No events. Send one with: surehook send <source>';
}

export async function eventsShow(
  client: OperatorClient,
  source: string,
  eventId: string,
  { json }: { json?: boolean },
): Promise<string> {
  const event = await client.get<ViewOf<typeof showEventRoute>>(pathOf(source, eventId));
  return json ? JSON.stringify(event, null, 2) : eventLines(event).join('\n');
}

export async function eventsRetry(
  client: OperatorClient,
  source: string,
  eventId: string,
  { json }: { json?: boolean },
): Promise<string> {
  const answer = await client.post<ViewOf<typeof retryEventRoute, 202>>(
    `${pathOf(source, eventId)}/retry`,
    '{}',
  );
  if (json) return JSON.stringify(answer, null, 2);
  return `Retried now: ${answer.steps.join(', ')}. See: surehook events show ${source} ${eventId}`;
}

export async function eventsCancel(
  client: OperatorClient,
  source: string,
  eventId: string,
  { json }: { json?: boolean },
): Promise<string> {
  const answer = await client.post<ViewOf<typeof cancelEventRoute, 202>>(
    `${pathOf(source, eventId)}/cancel`,
    '{}',
  );
  if (json) return JSON.stringify(answer, null, 2);
  return `Cancellation requested. See: surehook events show ${source} ${eventId}`;
}

function pathOf(source: string, eventId: string): string {
  return `/events/${encodeURIComponent(source)}/${encodeURIComponent(eventId)}`;
}

/** @param more lines that stand between the facts of the event and its steps */
export function eventLines(event: EventView, more: string[] = []): string[] {
  const { discarded } = event;
  const facts: [string, string | null | undefined][] = [
    ['Event', `${event.source} ${event.event_id}`],
    ['Type', event.event_type],
    ['Goes to', event.target_url],
    ['Status', event.status],
    ['Reason', discarded?.reason],
    ['Run', event.began.how === 'first' ? null : beginning(event.began)],
    ['Received', event.received_at],
    ['Closed', event.closed_at],
    ['Error', event.error],
    ['Web UI', event.web_ui_url],
  ];
  const lines = facts.filter(([, value]) => value).map(([name, value]) => `${`${name}:`.padEnd(10)}${value}`);
  lines.push(...more);
  if (event.handler)
    lines.push('', `Handler: ${event.handler.status}`, ...attemptLines(event.handler.attempts));
  if (event.handler?.result !== undefined) lines.push(`  result ${JSON.stringify(event.handler.result)}`);
  for (const { endpoint, status, attempts, held } of event.deliveries) {
    lines.push('', `Delivery to ${endpoint}: ${status}`, ...attemptLines(attempts));
    if (held) lines.push(`  held since ${held.since}: ${held.reason}, next attempt ${held.next_attempt_at}`);
  }
  if (event.earlier_runs.length > 0) {
    const toLine = ({ started_at, status, run_id, began }: EventView['earlier_runs'][number]) =>
      `  ${started_at} ${status} ${run_id}${began && began.how !== 'first' ? ` (${beginning(began)})` : ''}`;
    lines.push('', 'Earlier runs:', ...event.earlier_runs.map(toLine));
  }
  return [...lines, '', ...payloadLines(event)];
}

function payloadLines({ payload, payload_kind, payload_encoding }: EventView): string[] {
  if (payload_encoding) return [`Payload (${payload_kind}, ${payload_encoding}):`, String(payload)];
  const kind = payload_kind === 'json' ? '' : ` (${payload_kind})`;
  if (payload_kind === 'text' && typeof payload === 'string') return [`Payload${kind}:`, payload];
  return [`Payload${kind}:`, JSON.stringify(payload, null, 2)];
}

function beginning({ how, from, payload_corrected }: EventView['began']): string {
  const start = from === 'start' ? ' from the start' : '';
  return `${how}${start}${payload_corrected ? ', with a corrected payload' : ''}`;
}

export function attemptLines(attempts: EventView['deliveries'][number]['attempts']): string[] {
  return attempts.flatMap((a) => {
    if (a.running)
      return [
        `  ${String(a.attempt).padStart(2)}  ${a.at}  running, for ${(a.duration_ms / 1_000).toFixed(1)} s`,
      ];
    const what = a.error ?? (a.status_code ? `HTTP ${a.status_code}` : 'ok');
    const next = a.next_attempt_at ? `, next attempt ${a.next_attempt_at}` : '';
    const line = `  ${String(a.attempt).padStart(2)}  ${a.at}  ${what} in ${a.duration_ms} ms${next}`;
    const detail = a.message ?? a.response_excerpt;
    return detail ? [line, `      ${detail.split('\n')[0]}`] : [line];
  });
}
