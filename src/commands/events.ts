// `surehook events`: what the operator API tells of events, on a terminal.
import type { EventView } from '../api/event-view.ts';
import type { EventItem } from '../api/list-events.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Attempt } from '../messages.ts';
import type { OperatorClient } from './operator-client.ts';

export interface ListOptions {
  source?: string;
  type?: string;
  status?: string;
  since?: string;
  until?: string;
  limit?: string;
  cursor?: string;
  json?: boolean;
}

export async function listEvents(
  client: OperatorClient,
  { json, since, until, ...query }: ListOptions,
): Promise<string> {
  const times = { since: toTime('--since', since), until: toTime('--until', until) };
  const page = await client.get<{ items: EventItem[]; next_cursor: string | null }>('/events', {
    ...query,
    ...times,
  });
  if (json) return JSON.stringify(page, null, 2);
  if (page.items.length === 0) return 'No events. Send one with: surehook send <source>';
  const rows = page.items.map((e) => [e.received_at, e.source, e.event_id, e.event_type ?? '', e.status]);
  const more = page.next_cursor ? [`\nMore: --cursor ${page.next_cursor}`] : [];
  return [table(['RECEIVED', 'SOURCE', 'EVENT ID', 'TYPE', 'STATUS'], rows), ...more].join('\n');
}

type Shown = EventView & { earlier_runs: { run_id: string; status: string; started_at: string }[] };

export async function showEvent(
  client: OperatorClient,
  source: string,
  eventId: string,
  { json }: { json?: boolean },
): Promise<string> {
  const event = await client.get<Shown>(
    `/events/${encodeURIComponent(source)}/${encodeURIComponent(eventId)}`,
  );
  if (json) return JSON.stringify(event, null, 2);
  const facts: [string, string | null][] = [
    ['Event', `${event.source} ${event.event_id}`],
    ['Type', event.event_type],
    ['Status', event.status],
    ['Received', event.received_at],
    ['Closed', event.closed_at],
    ['Error', event.error],
    ['Web UI', event.web_ui_url],
  ];
  const lines = facts.filter(([, value]) => value).map(([name, value]) => `${`${name}:`.padEnd(10)}${value}`);
  if (event.handler)
    lines.push('', `Handler: ${event.handler.status}`, ...attemptLines(event.handler.attempts));
  if (event.handler?.result !== undefined) lines.push(`  result ${JSON.stringify(event.handler.result)}`);
  for (const { endpoint, status, attempts } of event.deliveries) {
    lines.push('', `Delivery to ${endpoint}: ${status}`, ...attemptLines(attempts));
  }
  if (event.earlier_runs.length > 0) {
    lines.push(
      '',
      'Earlier runs:',
      ...event.earlier_runs.map((run) => `  ${run.started_at} ${run.status} ${run.run_id}`),
    );
  }
  return [...lines, '', 'Payload:', JSON.stringify(event.payload, null, 2)].join('\n');
}

function attemptLines(attempts: Attempt[]): string[] {
  return attempts.flatMap((a) => {
    const what = a.error ?? (a.status_code ? `HTTP ${a.status_code}` : 'ok');
    const next = a.next_attempt_at ? `, next try ${a.next_attempt_at}` : '';
    const line = `  ${String(a.attempt).padStart(2)}  ${a.at}  ${what} in ${a.duration_ms} ms${next}`;
    const detail = a.message ?? a.response_excerpt;
    return detail ? [line, `      ${detail.split('\n')[0]}`] : [line];
  });
}

function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)));
  const toLine = (row: string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map(toLine).join('\n');
}

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30m`, `6h` and `1d` count back from now; anything else is a time. */
function toTime(option: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(value) ?? [];
  const time = new Date(
    count === undefined ? Date.parse(value) : Date.now() - Number(count) * (UNITS[unit] ?? 0),
  );
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new ConfigError(
    `${option}: expected a time such as 2026-01-31T12:00:00Z, or an age such as 30m, 6h, 1d`,
  );
}
