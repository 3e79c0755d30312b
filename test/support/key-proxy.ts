// Adds a client's key to each request and hands it on: for tools that cannot send one.
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class KeyProxy {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** @param target the origin to which requests go on */
  static async start(target: string, key: string): Promise<KeyProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer((request, response) => {
      const { method, url: path, headers } = request;
      const authorization = `Bearer ${key}`;
      const onward = httpRequest(
        { hostname, port, method, path, headers: { ...headers, authorization } },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        },
      );
      onward.on('error', () => response.destroy());
      response.on('close', () => onward.destroy());
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new KeyProxy(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
