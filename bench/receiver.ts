// The endpoint that every side delivers to; it notes when each event arrives.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class Receiver {
  readonly url: string;
  /** The time of each event's first delivery, as `performance.now()`, by event id. */
  readonly arrivals = new Map<string, number>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
    server.on('request', (request, response) => {
      request.resume().on('end', () => {
        const id = String(request.headers['x-webhook-event-id']);
        if (!this.arrivals.has(id)) this.arrivals.set(id, performance.now());
        response.writeHead(200, { 'content-length': '0' }).end();
      });
    });
  }

  static async start(): Promise<Receiver> {
    const server = createServer({ keepAliveTimeout: 65_000 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Receiver(server);
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
