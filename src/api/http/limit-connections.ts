// Limits the connections of a listener that strangers reach: in all, and of each client address.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { isAddressIn, toClient } from './client-address.ts';

export interface ConnectionLimits {
  maxConnections: number;
  /** Of one address; proxies that are trusted bring the connections of many. */
  maxPerClient: number;
  trustedProxies: readonly string[];
  log: Logger;
}

/** A flood must not fill the log. */
const LOG_EVERY_MS = 10_000;

/** How many of something each client has at the moment. */
export class ClientCounts {
  readonly #max: number;
  readonly #counts = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** @returns false if the client has as many as it may have */
  enter(client: string): boolean {
    const count = this.#counts.get(client) ?? 0;
    if (count >= this.#max) return false;
    this.#counts.set(client, count + 1);
    return true;
  }

  leave(client: string): void {
    const count = (this.#counts.get(client) ?? 0) - 1;
    if (count > 0) this.#counts.set(client, count);
    else this.#counts.delete(client);
  }
}

export function limitConnections(
  server: Server,
  { maxConnections, maxPerClient, trustedProxies, log }: ConnectionLimits,
): void {
  const counts = new ClientCounts(maxPerClient);
  const report = createReport(log);
  server.maxConnections = maxConnections; // Node closes one more at once
  server.on('drop', (dropped) => {
    server.closeIdleConnections(); // who waits for nothing makes room for who sends
    report(dropped?.remoteAddress, 'all');
  });
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress;
    if (address === undefined) return void socket.destroy(); // it has gone already
    if (isAddressIn(trustedProxies, address)) return;
    const client = toClient(address);
    if (!counts.enter(client)) {
      socket.destroy();
      return report(address, 'this client');
    }
    socket.once('close', () => counts.leave(client));
  });
}

function createReport(log: Logger) {
  let refused = 0;
  let loggedAt = Number.NEGATIVE_INFINITY;
  return (ip: string | undefined, limit_of: 'all' | 'this client') => {
    refused += 1;
    if (performance.now() - loggedAt < LOG_EVERY_MS) return;
    log.warn({ ip, limit_of, refused }, 'connections refused: there are too many');
    refused = 0;
    loggedAt = performance.now();
  };
}
