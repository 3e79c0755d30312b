// A real HTTP endpoint that answers as a test tells it to, and keeps what it got.
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  at: number;
}

/** A status, an answer with headers or a body or after a while, or `hang`: no answer at all. */
export type Answer =
  | number
  | { status: number; headers?: Record<string, string>; body?: string; delayMs?: number }
  | 'hang'
  | 'reset';

export class Receiver {
  readonly url: string;
  readonly requests: Received[] = [];
  readonly #server: Server;
  readonly #scripts = new Map<string, Answer[]>();
  readonly #byPath = new Map<string, Answer>();

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', async (request, response) => {
      const body = await buffer(request);
      const { url: path = '', headers } = request;
      this.requests.push({ path, headers, body, at: Date.now() });
      this.#answer(this.#next(path, String(headers['x-webhook-event-id'])), response);
    });
  }

  static async start(): Promise<Receiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Receiver(server);
  }

  /** Answers this event at this path with these in turn, the last one for ever; 200 where nothing is scripted. */
  script(path: string, eventId: string, answers: Answer[]): void {
    this.#scripts.set(`${path} ${eventId}`, answers);
  }

  /** Answers whatever comes at this path so from now on, where no event's script says otherwise. */
  answerAll(path: string, answer: Answer): void {
    this.#byPath.set(path, answer);
  }

  /** What came for one event, optionally at one path. */
  of(eventId: string, path?: string): Received[] {
    return this.requests.filter(
      (one) => one.headers['x-webhook-event-id'] === eventId && (path === undefined || one.path === path),
    );
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #next(path: string, eventId: string): Answer {
    const script = this.#scripts.get(`${path} ${eventId}`);
    if (script === undefined) return this.#byPath.get(path) ?? 200;
    return (script.length > 1 ? script.shift() : script[0]) ?? 200;
  }

  #answer(answer: Answer, response: ServerResponse): void {
    if (answer === 'hang') return;
    if (answer === 'reset') return void response.destroy();
    const {
      status,
      headers = {},
      body = '',
      delayMs = 0,
    } = typeof answer === 'number' ? { status: answer } : answer;
    if (delayMs > 0) setTimeout(() => response.writeHead(status, headers).end(body), delayMs);
    else response.writeHead(status, headers).end(body);
  }
}
