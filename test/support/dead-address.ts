// A port that takes no connection and refuses none, as the port of a host that is gone does: connecting hangs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { waitFor } from './wait-for.ts';

/** Listens, and then stands still, so that the kernel's queue of new connections fills. */
const LISTEN = `
  const server = require('node:net').createServer();
  server.listen({ port: Number(process.argv[1]), host: process.argv[2], backlog: 1 }, () => {
    process.stdout.write(String(server.address().port), () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });
  });`;
/** The time after which a connection on loopback is known to hang. */
const HANGS_AFTER_MS = 500;

export class DeadAddress {
  readonly port: number;
  readonly stop: () => Promise<void>;

  private constructor(port: number, stop: () => Promise<void>) {
    this.port = port;
    this.stop = stop;
  }

  static async start(host = '127.0.0.1', port = 0): Promise<DeadAddress> {
    const child = spawn(process.execPath, ['-e', LISTEN, String(port), host], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const sockets: Socket[] = [];
    const ended = once(child, 'exit');
    const stop = async () => {
      child.kill('SIGKILL');
      for (const socket of sockets) socket.destroy();
      await ended;
    };
    const taken = Number(String((await once(child.stdout, 'data'))[0]));
    const hangs = async () => {
      const socket = connect(taken, host).on('error', () => undefined);
      sockets.push(socket);
      const timeout = AbortSignal.timeout(HANGS_AFTER_MS);
      return await once(socket, 'connect', { signal: timeout }).then(
        () => false,
        () => timeout.aborted,
      );
    };
    await waitFor(hangs);
    return new DeadAddress(taken, stop);
  }
}
