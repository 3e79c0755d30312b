// Clients on plain sockets that mean no good: they send what they are told, and never close, whatever they are answered.
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as secure } from 'node:tls';

/** As /proc/net/tcp writes it. */
const LISTENING = '0A';

export class Stranger {
  readonly socket: Socket;
  /** What the server has answered. */
  text = '';

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      this.text += bytes;
    });
  }

  /**
   * Speaks TLS to an `https:` URL.
   *
   * @param from any address of 127.0.0.0/8: Linux gives them all to this machine
   */
  static connect(url: string, from = '127.0.0.1'): Promise<Stranger> {
    const { hostname: host, port, protocol } = new URL(url);
    const plain = connect({ host, port: Number(port), localAddress: from, allowHalfOpen: true });
    const isSecure = protocol === 'https:';
    const socket = isSecure ? secure({ socket: plain, rejectUnauthorized: false }) : plain;
    return new Promise((resolve, reject) => {
      socket.once(isSecure ? 'secureConnect' : 'connect', () => resolve(new Stranger(socket)));
      plain.once('error', reject);
      socket.once('error', reject);
    });
  }

  /** Whether the server has closed its side. */
  get isRefused(): boolean {
    return this.socket.readableEnded || this.socket.destroyed;
  }

  /** Resolves once the kernel has taken the bytes; never, if the server does not read them. */
  async send(bytes: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => this.socket.write(bytes, () => resolve()));
  }
}

export const headOf = (source: string, header: string) =>
  `POST /webhooks/${source} HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`;

/** The far ends of the connections that a listener's process still has, also of those that it has said good-bye to. */
export function connectionsHeld(url: string): string[] {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1, -1);
  return rows.flatMap((row) => {
    const [, local = '', remote, state, queues, , , , , inode] = row.trim().split(/\s+/);
    const isHeld = local.endsWith(`:${port}`) && state !== LISTENING && inode !== '0'; // 0: the kernel's alone
    return isHeld ? [`${remote} in state ${state}, queues ${queues}`] : [];
  });
}

/** Bytes of memory that a process has now. */
export function residentBytes(pid = 0): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1_024;
}
