// The HTTP server of the demo: a counter for the handler, an endpoint that checks deliveries, a broken endpoint.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { type DemoEvent, keyOf } from './demo-event.ts';

/** The deliveries of one event to the endpoint that works. */
export interface Inbound {
  attempts: number;
  /** Attempts that the `standardwebhooks` package verified. */
  verified: number;
  /** Attempts whose body was, byte for byte, what the provider had sent. */
  identical: number;
  /** Attempts answered with a 2xx. */
  taken: number;
  /** Must be a single id, by which a receiver knows a retry from a new event. */
  webhookIds: Set<string>;
}

export interface ReceiverOptions {
  events: readonly DemoEvent[];
  /** Keys of the events whose first delivery is answered with a 500. */
  failFirst: ReadonlySet<string>;
  secret: string;
}

export class DemoReceiver {
  readonly url: string;
  /** Handler calls by event key. */
  readonly handled = new Map<string, number>();
  readonly inbox = new Map<string, Inbound>();
  brokenAttempts = 0;
  readonly #server: Server;
  readonly #webhook: Webhook;
  readonly #bodies: ReadonlyMap<string, Buffer>;
  readonly #failFirst: ReadonlySet<string>;

  private constructor(server: Server, { events, failFirst, secret }: ReceiverOptions) {
    this.#server = server;
    this.#webhook = new Webhook(secret);
    this.#bodies = new Map(events.map((event) => [keyOf(event), event.body]));
    this.#failFirst = failFirst;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      const answer = (body: Buffer) => {
        const [status, text] = this.#answer(request, body);
        response.writeHead(status).end(text);
      };
      // A sender that breaks off in its body gets no answer.
      buffer(request).then(answer, () => void response.destroy());
    });
  }

  static async start(options: ReceiverOptions): Promise<DemoReceiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new DemoReceiver(server, options);
  }

  /** How many events the working endpoint has taken. */
  get taken(): number {
    return [...this.inbox.values()].filter((inbound) => inbound.taken > 0).length;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ url, headers }: IncomingMessage, body: Buffer): [status: number, body: string] {
    const sent = headers as Record<string, string>;
    switch (url) {
      case '/handled':
        return [200, JSON.stringify({ calls: this.#count(sent['x-event-key'] ?? '') })];
      case '/inbox':
        return this.#take(sent, body);
      case '/broken':
        this.brokenAttempts += 1;
        return [500, 'the disputes table is locked'];
      default:
        return [404, ''];
    }
  }

  #count(key: string): number {
    const calls = (this.handled.get(key) ?? 0) + 1;
    this.handled.set(key, calls);
    return calls;
  }

  #take(headers: Record<string, string>, body: Buffer): [status: number, body: string] {
    const key = `${headers['x-webhook-source']}:${headers['x-webhook-event-id']}`;
    const inbound = this.inbox.get(key) ?? newInbound();
    this.inbox.set(key, inbound);
    inbound.attempts += 1;
    inbound.webhookIds.add(headers['webhook-id'] ?? '');
    if (this.#bodies.get(key)?.equals(body)) inbound.identical += 1;
    if (!this.#verifies(headers, body)) return [401, 'the signature is wrong'];
    inbound.verified += 1;
    if (inbound.attempts === 1 && this.#failFirst.has(key)) return [500, 'not now'];
    inbound.taken += 1;
    return [204, ''];
  }

  #verifies(headers: Record<string, string>, body: Buffer): boolean {
    try {
      this.#webhook.verify(body, headers);
      return true;
    } catch {
      return false;
    }
  }
}

const newInbound = (): Inbound => ({
  attempts: 0,
  verified: 0,
  identical: 0,
  taken: 0,
  webhookIds: new Set(),
});
