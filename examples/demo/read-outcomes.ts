// Reads from the operator API what became of the events.
import { setTimeout as delay } from 'node:timers/promises';
import { type DemoEvent, keyOf } from './demo-event.ts';
import type { DemoReceiver } from './receiver.ts';
import type { SurehookProcess } from './surehook-process.ts';

/** The part of `GET /events/:source/:event_id` that the demo looks at. */
export interface EventView {
  status: string;
  error: string | null;
  web_ui_url: string | null;
  handler: { status: string } | null;
  deliveries: { endpoint: string; status: string; attempts: { status_code?: number }[] }[];
}

interface Page {
  items: { source: string; event_id: string; status: string; closed_at: string | null }[];
  next_cursor: string | null;
}

export interface ClosedOptions {
  surehook: SurehookProcess;
  receiver: DemoReceiver;
  events: readonly DemoEvent[];
  /** Events received earlier are left out: a Temporal that the demo has not started may hold many. */
  since: Date;
  signal: AbortSignal;
}

/** Even a busy machine delivers several events a second: open events are stuck if nothing changes for this long. */
const STUCK_AFTER_MS = 20_000;
const POLL_MS = 250;

/** @returns the status of each closed event by its key, once all events have closed or nothing changes any more */
export async function untilClosed(options: ClosedOptions): Promise<Map<string, string>> {
  const { receiver, events, signal } = options;
  let progress = -1;
  let deadline = 0;
  for (;;) {
    // The list costs the server more than a delivery does, so it is not read before it can be complete.
    const isNear = receiver.taken >= events.length;
    const closed = isNear ? await listClosed(options) : new Map<string, string>();
    if (events.every((event) => closed.has(keyOf(event)))) return closed;
    const reached = receiver.taken + closed.size;
    if (reached > progress) deadline = Date.now() + STUCK_AFTER_MS;
    else if (Date.now() > deadline) return await listClosed(options);
    progress = Math.max(progress, reached);
    await delay(POLL_MS, undefined, { signal });
  }
}

async function listClosed({ surehook, since }: ClosedOptions): Promise<Map<string, string>> {
  const closed = new Map<string, string>();
  const query = new URLSearchParams({ since: since.toISOString(), limit: '200' });
  for (;;) {
    const { items, next_cursor } = await surehook.get<Page>(`/api/v1/events?${query}`);
    for (const { source, event_id, status, closed_at } of items) {
      if (closed_at !== null) closed.set(`${source}:${event_id}`, status);
    }
    if (next_cursor === null) return closed;
    query.set('cursor', next_cursor);
  }
}

export async function readEvents(
  surehook: SurehookProcess,
  events: readonly DemoEvent[],
): Promise<Map<string, EventView>> {
  const read = async (event: DemoEvent): Promise<[string, EventView]> => {
    const path = `/api/v1/events/${event.source}/${encodeURIComponent(event.id)}`;
    return [keyOf(event), await surehook.get<EventView>(path)];
  };
  return new Map(await Promise.all(events.map(read)));
}
