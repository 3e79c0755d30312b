// Ends the requests of strangers in time, except those that a known client may hold open for longer.
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A stranger's request is over by then, and what it holds is freed, also if the client does not read its answer. */
const OVER_WITHIN_MS = 60_000;
/** Proxies close a connection on which nothing came for 30 to 60 s. */
const KEEP_ALIVE_EVERY_MS = 15_000;
/** A comment of server-sent events, which clients pass over. */
const KEEP_ALIVE = ': keep-alive\n\n';

const deadlines = new WeakMap<ServerResponse, NodeJS.Timeout>();
const held = new WeakMap<ServerResponse, AbortController>();

export function endInTime({ socket }: IncomingMessage, response: ServerResponse): void {
  const timer = setTimeout(() => socket.destroy(), OVER_WITHIN_MS);
  deadlines.set(response, timer);
  response.once('close', () => clearTimeout(timer));
}

/**
 * Takes the deadline off a request whose client is known. It is still cut off where the client does not read for as long
 * as a stranger's request may last. A stream of server-sent events gets a comment every 15 s.
 *
 * @returns aborted when the client has gone, and when this process stops
 */
export function holdOpen(response: ServerResponse): AbortSignal {
  const known = held.get(response);
  if (known) return known.signal;
  const controller = controllerOf(response);
  clearTimeout(deadlines.get(response));
  let unreadMs = 0;
  const look = setInterval(() => {
    const isUnread = response.writableEnded || response.writableNeedDrain;
    unreadMs = isUnread ? unreadMs + KEEP_ALIVE_EVERY_MS : 0;
    if (unreadMs >= OVER_WITHIN_MS) response.socket?.destroy();
    else if (!isUnread && isEventStream(response)) response.write(KEEP_ALIVE);
  }, KEEP_ALIVE_EVERY_MS);
  response.once('close', () => {
    clearInterval(look);
    controller.abort();
  });
  if (response.destroyed) controller.abort();
  return controller.signal;
}

/** Tells who writes the response, now or later, to come to an end. */
export function letGo(response: ServerResponse): void {
  controllerOf(response).abort();
}

function controllerOf(response: ServerResponse): AbortController {
  const controller = held.get(response) ?? new AbortController();
  held.set(response, controller);
  return controller;
}

function isEventStream(response: ServerResponse): boolean {
  return response.headersSent && String(response.getHeader('content-type')).startsWith('text/event-stream');
}
