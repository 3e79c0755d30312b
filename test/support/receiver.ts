// A real HTTP endpoint that answers as a test scripts it, and keeps the requests it gets.
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  at: number;
}

/**
 * A status; an answer with headers, a body or a delay; `hang`, which never answers; or `reset`, which cuts the
 * connection.
 */
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

  /** Answers this event at this path with these answers in turn, the last one for ever; without a script, 200. */
  script(path: string, eventId: string, answers: Answer[]): void {
    this.#scripts.set(`${path} ${eventId}`, answers);
  }

  /** Gives this answer to every request at this path whose event has no script there. */
  answerAll(path: string, answer: Answer): void {
    this.#byPath.set(path, answer);
  }

  /** The requests for one event, at one path if that is given. */
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
