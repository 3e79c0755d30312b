// What Surehook calls, over real sockets: the handlers' counter, which never fails, and three endpoints.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import type { Book, Delivery } from './book.ts';
import type { BadAnswer } from './plan-faults.ts';

export const ENDPOINT_SECRET = `whsec_${Buffer.alloc(32, 'chaos').toString('base64')}`;

export class Receiver {
  readonly url: string;
  /** How the flaky endpoint answers in a bad phase; undefined between bad phases. */
  badAnswer: BadAnswer | undefined;
  readonly #server: Server;
  readonly #book: Book;
  readonly #webhook = new Webhook(ENDPOINT_SECRET);

  private constructor(server: Server, book: Book) {
    this.#server = server;
    this.#book = book;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      const answer = (body: Buffer) => this.#answer(request, body, response);
      buffer(request).then(answer, () => void response.destroy()); // fails if the worker is killed while it sends
    });
  }

  static async start(book: Book): Promise<Receiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Receiver(server, book);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const headers = request.headers as Record<string, string>;
    const by = headers['x-chaos-instance'] ?? '';
    if (request.url === '/handled') {
      this.#find(headers['x-event-key'] ?? '')?.handled.push({ at: Date.now(), by });
      return void response.writeHead(204).end();
    }
    const endpoint = request.url?.slice(1) ?? '';
    const answer = this.#choose(endpoint);
    const event = this.#find(`${headers['x-webhook-source']}:${headers['x-webhook-event-id']}`);
    event?.deliveries.push({
      at: Date.now(),
      endpoint,
      by,
      answer,
      webhookId: headers['webhook-id'] ?? '',
      identical: createHash('sha256').update(body).digest('hex') === event.digest,
      verified: this.#verifies(headers, body),
    });
    if (answer === 'reset') request.socket.resetAndDestroy();
    else if (answer !== 'hang')
      response.writeHead(answer, answer === 503 ? { 'retry-after': '1' } : {}).end();
  }

  #choose(endpoint: string): Delivery['answer'] {
    if (endpoint === 'broken') return 500;
    if (endpoint !== 'flaky' || this.badAnswer === undefined) return 200;
    return this.badAnswer === '500' || this.badAnswer === '503' ? Number(this.badAnswer) : this.badAnswer;
  }

  #find(key: string) {
    const event = this.#book.events.get(key);
    if (event === undefined) this.#book.problems.push(`${key} came to the receiver, but was never sent`);
    return event;
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
