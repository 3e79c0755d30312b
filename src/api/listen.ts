// An HTTP server on a port: bounded in time, and stopped without cutting off what it is answering.
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express, Request, Response } from 'express';
import { ConfigError } from '../config/config-error.ts';
import { toOrigin } from '../http-origin.ts';
import { HttpError, sendProblem, toProblem } from './errors.ts';

export interface Listener {
  url: string;
  stop(): Promise<void>;
}

export interface ListenOptions {
  app: Express;
  host: string;
  port: number;
  /** The names of the settings, for the error when the port cannot be had. */
  settings: { host: string; port: string };
}

/** @throws ConfigError if the address is in use or not ours */
export async function listen({ app, host, port, settings }: ListenOptions): Promise<Listener> {
  // A sender that trickles its request is cut off; proxies keep connections for 60 s, so we keep them a little longer.
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 });
  const handle = (request: IncomingMessage, response: ServerResponse) =>
    app(request as Request, response as Response, (error) => answerRest(response as Response, error));
  server.on('request', handle);
  server.on('checkContinue', handle); // or Node would ask for a body that `readBody` is to refuse
  server.on('clientError', refuseMalformed);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(toConfigError(error, { host, port, settings })),
    );
    server.listen({ host, port }, resolve);
  });
  const { address, port: bound } = server.address() as AddressInfo;
  return { url: toOrigin(address, bound), stop: () => stop(server) };
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

/** Requests in flight are answered; idle connections are closed at once. */
function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 5_000).unref();
  });
}

/** What passes the app by: a URL without a path, and errors of its error handler. Express would answer in HTML. */
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

/** What Node's parser refuses never reaches the app; it is answered in the same form. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: import('node:stream').Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem = toParserProblem(error.code);
  const body = JSON.stringify(toProblem(problem));
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nconnection: close\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
