// A TCP proxy between Surehook and what it calls, so that a test can take the one from the other.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class TcpProxy {
  readonly address: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #hangs = false;

  private constructor(server: Server) {
    this.#server = server;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(target: string): Promise<TcpProxy> {
    const [host, port] = target.split(':');
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new TcpProxy(server);
    server.on('connection', (socket) => {
      const upstream = connect({ host: host ?? '', port: Number(port) });
      for (const one of [socket, upstream]) {
        proxy.#sockets.add(one);
        one.on('error', () => undefined);
        one.on('close', () => proxy.#sockets.delete(one));
      }
      if (!proxy.#hangs) socket.pipe(upstream).pipe(socket);
    });
    return proxy;
  }

  /** Nothing passes any more, and nobody is told: as with a network that swallows everything. */
  hang(): void {
    this.#hangs = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
