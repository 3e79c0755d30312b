// The odd endpoint: answers by turns in ways that HTTP allows and that clients get wrong.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

interface Oddity {
  status: number;
  answer: (response: ServerResponse, request: IncomingMessage) => void;
}

const COOKIE_BYTES = 1_000;
const COOKIES = Array.from({ length: 24 }, (_, n) => `c${n}=${'x'.repeat(COOKIE_BYTES)}`);
const PROMISED_BYTES = 1_000;

const ok = (response: ServerResponse) => void response.writeHead(200).end('ok');

export const ODDITIES: Record<string, Oddity> = {
  '100 unasked': {
    status: 200,
    answer: (response) => {
      response.writeContinue();
      ok(response);
    },
  },
  '103 first': {
    status: 200,
    answer: (response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      ok(response);
    },
  },
  '24 kB of cookies': {
    status: 200,
    answer: (response) => void response.writeHead(200, { 'set-cookie': COOKIES }).end('ok'),
  },
  gzip: {
    status: 200,
    answer: (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('ok')),
  },
  'two Retry-After': {
    status: 429,
    answer: (response) => void response.writeHead(429, ['retry-after', '1', 'retry-after', '1']).end(),
  },
  redirect: {
    status: 301,
    answer: (response) => void response.writeHead(301, { location: 'http://127.0.0.1:9/elsewhere' }).end(),
  },
  'ends with the connection': {
    status: 200,
    answer: (_response, { socket }) => void socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok'),
  },
  // With FIN: a reset may overtake the status, which then was not received.
  'breaks off': {
    status: 200,
    answer: (_response, { socket }) =>
      void socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${PROMISED_BYTES}\r\n\r\nthe body brea`),
  },
};
const NAMES = Object.keys(ODDITIES);
export const PLAIN = 'plain';

/** Deals the oddities in turn. An event that was refused once is not refused again. */
export class OddEndpoint {
  #turn = 0;

  /** @returns the name of the answer, or `PLAIN` */
  choose(wasRefused: boolean): string {
    const name = NAMES[this.#turn++ % NAMES.length] as string;
    return wasRefused && (ODDITIES[name]?.status ?? 0) >= 300 ? PLAIN : name;
  }

  answer(name: string, request: IncomingMessage, response: ServerResponse): void {
    const oddity = ODDITIES[name];
    if (oddity) oddity.answer(response, request);
    else ok(response);
  }
}

export const oddStatus = (name: string): number => ODDITIES[name]?.status ?? 200;
