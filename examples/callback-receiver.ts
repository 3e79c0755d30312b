// Receives the callbacks of Surehook: verifies each, and acts on each once.
//
//   WEBHOOK_SECRET=the-secret-of-your-tasks PORT=9000 node examples/callback-receiver.ts
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

const { WEBHOOK_SECRET, PORT = '9000' } = process.env;
if (!WEBHOOK_SECRET) throw new Error('set WEBHOOK_SECRET to the webhook_secret of your tasks');
const BODY_MAX_BYTES = 1_048_576;

/** The ids that were acted on. In your application it is a table, written in the transaction of what the callback does. */
const seen = new Set<string>();

interface Callback {
  task_id: string;
  status: string;
}

/** What your application does with a result: it runs once for each callback. */
function act({ task_id, status }: Callback): void {
  process.stdout.write(`${task_id} ${status}\n`);
}

function isGenuine(body: Buffer, secret: string, signature: string): boolean {
  const expected = Buffer.from(createHmac('sha256', secret).update(body).digest('hex'));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The bytes that were signed: parse them only once they are verified. undefined: they are too many. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @returns the status of the answer */
async function receive(request: IncomingMessage): Promise<number> {
  const { 'x-webhook-signature': signature = '', 'webhook-id': id = '' } = request.headers;
  const body = await readBody(request);
  if (body === undefined) return 413;
  if (!isGenuine(body, WEBHOOK_SECRET as string, String(signature))) return 401;
  // Surehook sends a callback again if no answer reached it, under the same id.
  if (seen.has(String(id))) {
    process.stdout.write(`known: ${id}\n`);
    return 204;
  }
  act(JSON.parse(body.toString('utf8')) as Callback);
  seen.add(String(id));
  return 204;
}

const server = createServer(async (request, response) => {
  const status = await receive(request).catch(() => 500); // a 5xx makes Surehook send the callback again
  response.writeHead(status, { 'content-length': '0' }).end();
});
server.listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
