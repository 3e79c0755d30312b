// Strangers at the ingresses: sockets that waste what an ingress holds for a request, without any valid signature.
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Book } from './book.ts';

export const STRANGERS = ['drips', 'half-open', 'silent', 'forged'] as const;
export type Stranger = (typeof STRANGERS)[number];

export interface Visit {
  kind: Stranger;
  /** The ingress: its process's name and its base URL. */
  to: { name: string; url: string };
  sockets: number;
  forMs: number;
  signal: AbortSignal;
}

/**
 * Not the address of the good sender: an ingress may limit what comes from one client. Only Linux has more than one
 * loopback address from the start.
 */
const FROM = process.platform === 'linux' ? { localAddress: '127.0.0.2' } : {};
const DRIP_EVERY_MS = 25;
/** One-byte chunks per write: 320 a second and socket. Ten times as many would take all of a small machine's cores. */
const DRIPS_AT_ONCE = 8;
const DRIPS = Buffer.from('1\r\nx\r\n'.repeat(DRIPS_AT_ONCE));
const ANNOUNCED_BYTES = 1_000_000;
const HALF_BYTES = 10_000;
const FORGED_BYTES = 500_000;
const STATUS_LINE = /^HTTP\/1\.1 (\d{3})/;

const head = (...headers: string[]) =>
  [
    'POST /webhooks/shop HTTP/1.1',
    'host: strangers',
    'content-type: application/json',
    ...headers,
    '',
    '',
  ].join('\r\n');

/** Writes what a stranger of the kind writes at first. */
const BEGIN: Record<Stranger, (socket: Socket) => void> = {
  drips: (socket) => void socket.write(head('transfer-encoding: chunked')),
  'half-open': (socket) =>
    void socket.write(`${head(`content-length: ${ANNOUNCED_BYTES}`)}${' '.repeat(HALF_BYTES)}`),
  silent: () => undefined,
  forged: (socket) => {
    const signature = `t=${Math.floor(Date.now() / 1_000)},v1=${'0'.repeat(64)}`;
    socket.write(head(`content-length: ${FORGED_BYTES}`, `stripe-signature: ${signature}`));
    socket.write(Buffer.alloc(FORGED_BYTES, ' '));
  },
};

/** Opens the sockets and holds them for the time. Nobody minds how they end, but no stranger may be let in. */
export async function visit(book: Book, { kind, to, sockets, forMs, signal }: Visit): Promise<void> {
  const { hostname: host, port } = new URL(to.url);
  const open = Array.from({ length: sockets }, () => {
    const socket = connect({ host, port: Number(port), ...FROM });
    socket.once('connect', () => BEGIN[kind](socket));
    watch(book, kind, to.name, socket);
    return socket;
  });
  const timer = setInterval(() => {
    if (kind !== 'drips') return;
    for (const socket of open) if (!socket.connecting && socket.writable) socket.write(DRIPS);
  }, DRIP_EVERY_MS);
  try {
    await delay(forMs, undefined, { signal });
  } finally {
    clearInterval(timer);
    for (const socket of open) socket.destroy();
  }
}

function watch(book: Book, kind: Stranger, name: string, socket: Socket): void {
  let answer = 'none';
  socket.on('data', (chunk) => {
    const status = STATUS_LINE.exec(chunk.toString('latin1'))?.[1];
    if (status === undefined) return;
    answer = status;
    if (status !== '503' && (status < '400' || status > '499'))
      book.problems.push(`${name} answered a stranger (${kind}) with ${status} at ${book.clock()}`);
  });
  socket.on('error', () => undefined); // the ingress was killed, or has had enough
  socket.once('close', () => {
    const counts = book.strangers[kind] ?? {};
    counts[answer] = (counts[answer] ?? 0) + 1;
    book.strangers[kind] = counts;
  });
}
