// Speaks HTTP as bytes on a socket, for requests that no client library would send.
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';

export interface Answer {
  status: number;
  /** By lower-case names. */
  headers: Record<string, string>;
  text: string;
}

export interface ExchangeOptions {
  /** What the client does once everything is sent: `end` half-closes, `destroy` closes, `reset` sends a RST. */
  finish?: 'end' | 'destroy' | 'reset';
}

export interface Exchange {
  answers: Answer[];
  bytesSent: number;
}

/** An exchange that takes longer than this is a hanging one. */
const HANGS_AFTER_MS = 20_000;

/** Sends parts, text as latin-1, as fast as the server takes them, until the server closes the connection. */
export function exchange(
  url: string,
  parts: Iterable<string | Uint8Array>,
  { finish }: ExchangeOptions = {},
): Promise<Exchange> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const queue = parts[Symbol.iterator]();
  const received: Buffer[] = [];
  const sendMore = () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const bytes = typeof next.value === 'string' ? Buffer.from(next.value, 'latin1') : next.value;
      if (!socket.write(bytes)) return;
    }
    if (finish === 'end') socket.end();
    if (finish === 'destroy') socket.destroySoon();
    if (finish === 'reset') socket.write('', () => socket.resetAndDestroy());
    socket.off('drain', sendMore);
  };
  return new Promise((resolve, reject) => {
    const hangs = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the server does not close the connection; it sent: ${Buffer.concat(received)}`));
    }, HANGS_AFTER_MS);
    socket.on('connect', sendMore);
    socket.on('drain', sendMore);
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('error', () => undefined); // a reset also ends the exchange, by `close`
    socket.on('close', () => {
      clearTimeout(hangs);
      const answers = parseAnswers(Buffer.concat(received).toString('latin1'));
      resolve({ answers, bytesSent: socket.bytesWritten });
    });
  });
}

function parseAnswers(text: string): Answer[] {
  const answers: Answer[] = [];
  for (let rest = text; rest !== ''; ) {
    const headEnd = rest.indexOf('\r\n\r\n');
    const [statusLine = '', ...lines] = rest.slice(0, headEnd).split('\r\n');
    if (headEnd < 0 || !statusLine.startsWith('HTTP/1.1 ')) throw new Error(`not an answer: ${rest}`);
    const headers = Object.fromEntries(
      lines.map((line) => [line.split(': ')[0]?.toLowerCase(), line.slice(line.indexOf(': ') + 2)]),
    );
    const bodyEnd = headEnd + 4 + Number(headers['content-length'] ?? 0);
    const isLast = headers['transfer-encoding'] !== undefined;
    const body = rest.slice(headEnd + 4, isLast ? undefined : bodyEnd);
    answers.push({ status: Number(statusLine.split(' ')[1]), headers, text: body });
    rest = isLast ? '' : rest.slice(bodyEnd);
  }
  return answers;
}

/** Sends with `node:http` chunk by chunk without waiting; the answer may come before everything is sent. */
export function writeChunks(
  url: string,
  chunks: Iterable<Uint8Array>,
  headers: Record<string, string>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', headers, agent: false }, async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers as Record<string, string>,
        text,
      });
    });
    request.on('error', reject); // an error after the answer changes nothing
    for (const chunk of chunks) request.write(chunk);
    request.end();
  });
}
