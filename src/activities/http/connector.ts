// Opens a connection to a host with several addresses, as RFC 8305 has it: a dead address holds up no other one.
import type { LookupAddress } from 'node:dns';
import { isIP, connect as openTcp, type Socket } from 'node:net';
import { connect as openTls } from 'node:tls';
import type { buildConnector } from 'undici';
import type { ClientUrlGuard } from '../../contracts/client-url.ts';
import { keepLatest } from './keep-latest.ts';
import { type Lookup, resolveHost } from './resolve-host.ts';

/** RFC 8305, section 5: the next address begins this long after the one before it, which goes on. */
const NEXT_ADDRESS_AFTER_MS = 250;
/** Of the latest hosts. A session has about two kilobytes, and hosts that clients name are without number. */
const SESSIONS_MAX = 500;

export interface TlsOptions {
  /** PEM: the only certificates that are trusted; undefined: those that Node trusts. */
  ca?: string | undefined;
  /** PEM: the certificate that this client shows, with its chain, and its key. */
  cert?: string | undefined;
  key?: string | undefined;
}

export interface ConnectorOptions {
  /** A connection that has not come about by then is given up: no attempt waits longer. */
  limitMs: number;
  tls: TlsOptions | undefined;
  /** Called with the addresses of a host, as often as another one of them is tried. */
  onTrying: (host: string, addresses: readonly string[]) => void;
  lookup?: Lookup | undefined;
  /** Hosts are named by clients: every address is vetted before a connection is opened. */
  guard?: ClientUrlGuard | undefined;
}

/** @returns a connector for undici, which asks for a connection whenever it has no free one */
export function createConnector(options: ConnectorOptions): buildConnector.connector {
  const sessions = new Map<string, Buffer>();
  return (target, callback) => {
    open(target, options, sessions).then(
      (socket) => callback(null, socket),
      (error) => callback(error, null),
    );
  };
}

async function open(
  target: buildConnector.Options,
  options: ConnectorOptions,
  sessions: Map<string, Buffer>,
): Promise<Socket> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(timedOut()), options.limitMs);
  try {
    const socket = await openFirst(target, options, limit.signal);
    if (target.protocol !== 'https:') return socket;
    return await secure({ socket, target, tls: options.tls, sessions, signal: limit.signal });
  } finally {
    clearTimeout(timer);
  }
}

function timedOut(): Error {
  return Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' });
}

/** Begins with one address after the other, and takes the connection that is there first. */
async function openFirst(
  { hostname, port, protocol }: buildConnector.Options,
  { lookup, guard, onTrying }: ConnectorOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const at = Number(port) || (protocol === 'https:' ? 443 : 80);
  const addresses = alternate(await resolveHost({ hostname, protocol, lookup, guard }));
  const tried: string[] = [];
  return await new Promise((resolve, reject) => {
    const race = new Race({ count: addresses.length, signal, resolve, reject });
    const next = () => {
      const address = addresses[tried.length];
      if (address === undefined) return;
      tried.push(isIP(address) === 6 ? `[${address}]:${at}` : `${address}:${at}`);
      onTrying(hostname, tried);
      race.enter(openTcp({ host: address, port: at, noDelay: true, keepAlive: true }), next);
    };
    next();
  });
}

/** RFC 8305, section 4: the families alternate, beginning with the one that the resolver prefers. */
export function alternate(found: readonly LookupAddress[]): string[] {
  const first = found.filter(({ family }) => family === found[0]?.family);
  const second = found.filter(({ family }) => family !== found[0]?.family);
  const pairs = first.map((one, i) => [one, second[i]]);
  const rest = second.slice(first.length);
  const all = [...pairs.flat(), ...rest].flatMap((one) => (one ? [one.address] : []));
  return [...new Set(all)];
}

interface RaceOptions {
  count: number;
  signal: AbortSignal;
  resolve: (socket: Socket) => void;
  reject: (error: Error) => void;
}

/** Sockets of which the first that connects wins; the others are closed. */
class Race {
  readonly #options: RaceOptions;
  readonly #sockets = new Set<Socket>();
  readonly #errors: Error[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(options: RaceOptions) {
    this.#options = options;
    const { signal, reject } = options;
    signal.addEventListener('abort', () => this.#end(() => reject(signal.reason as Error)), { once: true });
  }

  enter(socket: Socket, next: () => void): void {
    if (this.#isOver) return void socket.destroy();
    this.#sockets.add(socket);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(next, NEXT_ADDRESS_AFTER_MS);
    socket.once('connect', () => {
      if (!this.#sockets.delete(socket)) return;
      this.#end(() => this.#options.resolve(socket));
    });
    socket.on('error', (error) => {
      if (!this.#sockets.delete(socket)) return;
      this.#errors.push(error);
      if (this.#errors.length < this.#options.count) return next();
      this.#end(() => this.#options.reject(toError(this.#errors)));
    });
  }

  #end(tell: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    tell();
  }
}

/** The code is that of the first address; the message names the fault of each. */
function toError(errors: readonly Error[]): Error {
  const [first] = errors as [NodeJS.ErrnoException];
  const message = errors.map((error) => error.message).join('; ');
  return Object.assign(new Error(message), { code: first.code });
}

interface Secure {
  socket: Socket;
  target: buildConnector.Options;
  tls: TlsOptions | undefined;
  /**
   * TLS sessions by host: a further connection goes on with one, which saves a handshake. Hosts share none, also those
   * that are addresses: Node 20 takes a server that goes on with a session for the one that began it.
   */
  sessions: Map<string, Buffer>;
  signal: AbortSignal;
}

async function secure({ socket, target, tls, sessions, signal }: Secure): Promise<Socket> {
  const { servername, hostname } = target;
  const name = servername || (isIP(hostname) === 0 ? hostname : '');
  const host = name || hostname;
  const session = sessions.get(host);
  return await new Promise((resolve, reject) => {
    const secured = openTls({
      ...tls,
      socket,
      host: hostname,
      servername: name,
      ALPNProtocols: ['http/1.1'],
      ...(session ? { session } : {}),
    });
    const giveUp = () => secured.destroy(signal.reason as Error);
    signal.addEventListener('abort', giveUp, { once: true });
    secured.on('session', (latest) => keepLatest(sessions, SESSIONS_MAX, host, latest));
    secured.on('error', reject);
    secured.once('secureConnect', () => {
      signal.removeEventListener('abort', giveUp);
      resolve(secured);
    });
  });
}
