// A real HTTP proxy: it forwards plain requests, opens tunnels for others, and knows every host as this machine.
import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

export class ForwardProxy {
  readonly url: string;
  /** Such as `POST http://a.test:80/x` and `CONNECT a.test:443`, with the credentials that were sent. */
  readonly requests: { line: string; authorization: string | undefined }[] = [];
  readonly #server: Server;

  private constructor(server: Server, tunnelTo: number | undefined) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const keep = (method: string, target: string, authorization: string | undefined) =>
      void this.requests.push({ line: `${method} ${target}`, authorization });
    server.on('request', (request, response) => {
      const { method = '', url = '', headers } = request;
      keep(method, url, headers['proxy-authorization']);
      const { port, pathname } = new URL(url);
      const onward = httpRequest({ host: '127.0.0.1', port, path: pathname, method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    });
    server.on('connect', (request, socket) => {
      keep('CONNECT', request.url ?? '', request.headers['proxy-authorization']);
      const onward = connect(tunnelTo ?? Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(onward).pipe(socket);
      });
      for (const end of [socket, onward]) end.on('error', () => end.destroy());
    });
  }

  /** @param tunnelTo the port of this machine to which all tunnels lead, whatever port they are asked for */
  static async start(tunnelTo?: number): Promise<ForwardProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ForwardProxy(server, tunnelTo);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
