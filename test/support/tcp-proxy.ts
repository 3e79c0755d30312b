// A TCP proxy between Surehook and what it calls, so that a test can cut the connection.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class TcpProxy {
  readonly address: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** The caller of each connection to the target. */
  readonly #callers = new Map<Socket, Socket>();
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
      for (const end of [socket, upstream]) {
        proxy.#sockets.add(end);
        end.on('error', () => undefined);
        end.on('close', () => proxy.#sockets.delete(end));
      }
      proxy.#callers.set(upstream, socket);
      upstream.on('close', () => proxy.#callers.delete(upstream));
      if (!proxy.#hangs) socket.pipe(upstream).pipe(socket);
    });
    return proxy;
  }

  /** From this call on nothing passes, and no connection is closed, as in a network that drops every packet. */
  hang(): void {
    this.#hangs = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** From this call on the callers hear nothing more, and what they send still arrives. */
  deafen(): void {
    for (const [upstream, socket] of this.#callers) upstream.unpipe(socket).resume();
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
