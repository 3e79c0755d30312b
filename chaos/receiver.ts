// What Surehook calls, over real sockets: the handlers' counter, which never fails, four endpoints, and a client.
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { type Book, type Delivery, keyOf } from './book.ts';
import { endDeed, handlerProcess, watchDeed } from './deeds.ts';
import { ENDPOINT_SECRET } from './keys.ts';
import { OddEndpoint, oddStatus } from './odd-http.ts';
import { type BadAnswer, ODD } from './plan-faults.ts';
import { isTask, recordKeyOf, SOME_WORKER, withoutTime } from './tasks.ts';

export class Receiver {
  readonly url: string;
  /** How the flaky endpoint answers in a bad phase; undefined between bad phases. */
  badAnswer: BadAnswer | undefined;
  readonly #server: Server;
  readonly #book: Book;
  readonly #odd = new OddEndpoint();
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
    const by = headers['x-chaos-instance'] ?? SOME_WORKER;
    if (headers['x-event-key'] !== undefined) {
      this.#note(request.url ?? '', headers, by);
      return void response.writeHead(204).end();
    }
    const endpoint = request.url?.slice(1) ?? '';
    const [source = '', id = ''] = [headers['x-webhook-source'], headers['x-webhook-event-id']];
    const event = this.#find(recordKeyOf(keyOf({ source, id })));
    const wasRefused = event?.deliveries.some((one) => one.endpoint === ODD && one.answer !== 200) ?? false;
    const oddity = endpoint === ODD ? this.#odd.choose(wasRefused) : undefined;
    const answer = oddity === undefined ? this.#choose(endpoint) : oddStatus(oddity);
    event?.deliveries.push({
      at: Date.now(),
      endpoint,
      by,
      answer,
      webhookId: headers['webhook-id'] ?? '',
      identical:
        createHash('sha256')
          .update(isTask(event) ? withoutTime(body) : body)
          .digest('hex') === event.digest,
      verified: this.#verifies(headers, body),
      ...(oddity === undefined ? {} : { oddity }),
    });
    if (oddity !== undefined) this.#odd.answer(oddity, request, response);
    else if (answer === 'reset') request.socket.resetAndDestroy();
    else if (answer !== 'hang')
      response.writeHead(answer, answer === 503 ? { 'retry-after': '1' } : {}).end();
  }

  /** What a handler reports: that it has handled, what it is about to do, or that it has done that. */
  #note(path: string, headers: Record<string, string>, by: string): void {
    const event = this.#find(headers['x-event-key'] ?? '');
    const pid = Number(headers['x-chaos-pid']);
    const call = { at: Date.now(), by, process: handlerProcess(by, pid) };
    if (path === '/handled') event?.handled.push(call);
    if (path === '/deed-over') endDeed(this.#book, by, pid);
    if (path !== '/deed') return;
    const kind = headers['x-chaos-deed'] ?? '';
    event?.deeds.push({ ...call, kind, attempt: Number(headers['x-chaos-attempt']) });
    watchDeed(this.#book, kind, by, pid);
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
      const hmac = createHmac('sha256', ENDPOINT_SECRET).update(body).digest('hex');
      return headers['x-webhook-signature'] === hmac;
    } catch {
      return false;
    }
  }
}
