// Runs an HTTP server on a port, with limits of time, and stops it without cutting off what it is answering.
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Express, Request, Response } from 'express';
import type { Logger } from 'pino';
import { ConfigError } from '../../config/config-error.ts';
import { toOrigin } from '../../config/http-origin.ts';
import { readTlsPair, type TlsFiles } from '../../config/tls-pair.ts';
import { ANSWER_LINGER_MS, HttpError, sendProblem, toProblem } from './errors.ts';
import { endInTime, letGo } from './hold-open.ts';
import { type ConnectionLimits, limitConnections } from './limit-connections.ts';
import { renewCertificate } from './renew-certificate.ts';

export interface Listener {
  url: string;
  stop(): Promise<void>;
}

export interface ListenOptions {
  app: Express;
  host: string;
  port: number;
  /** The names of the settings, for the error if the port cannot be opened. */
  settings: { host: string; port: string };
  /** Given for a listener that strangers reach. */
  strangers?: ConnectionLimits;
  /** undefined: plain HTTP. */
  tls?: { files: TlsFiles; log: Logger } | undefined;
}

/** A sender has this time for all headers, and before them for the handshake of TLS; the docs of the limits say so. */
const HEADERS_WITHIN_MS = 10_000;
/** For bodies that no route reads. `readBody` is earlier, and says more. */
const REQUEST_WITHIN_MS = 35_000;
/** Proxies keep connections for 60 s, so we keep them a little longer. */
const KEEP_ALIVE_MS = 65_000;
/** How often Node looks at the times above. */
const LOOK_EVERY_MS = 1_000;

/** @throws ConfigError if the address is in use or cannot be opened */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { app, host, port, settings, strangers, tls } = options;
  const { server, close } = open(options);
  if (strangers) limitConnections(server, strangers);
  const drain = new Drain(server);
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    drain.watch(response);
    if (strangers) endInTime(request, response);
    app(request as Request, response as Response, (error) => answerRest(response as Response, error));
  };
  server.on('request', handle);
  server.on('checkContinue', handle); // else Node asks for a body that `readBody` may refuse
  server.on('clientError', refuseMalformed);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(toConfigError(error, { host, port, settings })),
    );
    server.listen({ host, port }, resolve);
  });
  const { address, port: bound } = server.address() as AddressInfo;
  const stop = async () => {
    close();
    await drain.begin();
  };
  return { url: toOrigin(address, bound, tls && 'https'), stop };
}

const LIMITS = {
  headersTimeout: HEADERS_WITHIN_MS,
  requestTimeout: REQUEST_WITHIN_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: LOOK_EVERY_MS,
};

/** @throws ConfigError if the certificate cannot be used */
function open({ tls }: ListenOptions): { server: Server; close: () => void } {
  if (tls === undefined) return { server: createServer(LIMITS), close: () => undefined };
  const pair = readTlsPair(tls.files);
  const server = createTlsServer({ ...LIMITS, ...pair, handshakeTimeout: HEADERS_WITHIN_MS });
  return { server, close: renewCertificate(server, tls.files, pair, tls.log) };
}

function toConfigError(
  error: NodeJS.ErrnoException,
  { host, port, settings }: Omit<ListenOptions, 'app'>,
): Error {
  if (error.code === 'EADDRINUSE') {
    return new ConfigError(`${settings.port}: port ${port} is in use; set ${settings.port} to a free port`);
  }
  if (error.code === 'EACCES') {
    return new ConfigError(
      `${settings.port}: this user may not listen on port ${port}; set ${settings.port} above 1023`,
    );
  }
  return new ConfigError(`${settings.host}: cannot listen on ${host}: ${error.message}`);
}

/** A client that keeps a connection busy sends its next request on it within this time. */
const IDLE_FOR_MS = 1_000;
/** A request that is still being sent or answered after this time is cut off: a process has to stop within 10 s. */
const DRAIN_WITHIN_MS = 5_000;

/**
 * Stops a server without failing a request. New connections are refused at once, so that a load balancer turns to
 * another process. A request that is in flight, or comes on an open connection, is answered, and the answer says that
 * the connection closes. Node's own `close` would cut off idle connections on which a client is about to send, and go
 * on serving busy ones.
 */
class Drain {
  readonly #server: Server;
  readonly #unanswered = new Set<ServerResponse>();
  /** Node knows no way to close a connection that has not ended its handshake of TLS. */
  readonly #sockets = new Set<Socket>();
  #begun = false;

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  watch(response: ServerResponse): void {
    if (this.#begun) sayLast(response);
    if (this.#begun) letGo(response);
    this.#unanswered.add(response);
    response.once('close', () => this.#unanswered.delete(response));
  }

  async begin(): Promise<void> {
    await nextTurn(); // else connections that the kernel has accepted would be reset
    this.#begun = true;
    for (const response of this.#unanswered) {
      sayLast(response);
      letGo(response);
    }
    const closed = new Promise<void>((resolve) => {
      NetServer.prototype.close.call(this.#server, () => resolve());
    });
    const idle = setInterval(() => this.#server.closeIdleConnections(), IDLE_FOR_MS);
    const late = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, DRAIN_WITHIN_MS);
    await closed;
    clearInterval(idle);
    clearTimeout(late);
  }
}

function sayLast(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}

/** Answers what the app does not: a URL without a path, errors of its error handler. Express would answer in HTML. */
function answerRest(response: Response, error: unknown): void {
  if (error || response.headersSent) response.destroy();
  else sendProblem(response, new HttpError('bad_request', 'the URL has no path'));
}

function toParserProblem(code: string | undefined): HttpError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new HttpError('headers_too_large', 'the headers are over the limit of 16 KiB');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HttpError('request_timeout', 'the request did not arrive whole in time');
    default:
      return new HttpError('bad_request', 'the request is not valid HTTP');
  }
}

/** Answers a request that Node's parser refuses, and that never reaches the app, in the same form as the app. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: import('node:stream').Duplex): void {
  const isOfTls = /^ERR_(SSL|TLS)_/.test(error.code ?? ''); // there is nobody to whom HTTP could be said
  if (isOfTls || error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem = toParserProblem(error.code);
  const body = JSON.stringify(toProblem(problem));
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nconnection: close\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  // A client that neither reads nor closes would keep the socket and its request for ever.
  setTimeout(() => socket.destroy(), ANSWER_LINGER_MS).unref();
}
