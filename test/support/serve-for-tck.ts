// Serves a Surehook to A2A's conformance kit, which sends no key and uses one message id for many messages: a proxy mends both.
// biome-ignore-all lint/suspicious/noConsole: a program for a person
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { loadSettings } from '../../src/config/settings.ts';
import { startDevServer } from '../../src/temporal/dev/dev-server.ts';
import { findTemporalCli } from '../../src/temporal/dev/find-cli.ts';
import { API_KEYS, CLIENT_KEYS } from './agent-client.ts';
import { Surehook } from './surehook.ts';

const PORT = 9_999;

const { path, cacheDir, temporalCliPath } = loadSettings(process.env);
const cliPath = await findTemporalCli({
  cliPath: temporalCliPath,
  path,
  cacheDir,
  onProgress: console.error,
});
const stateDir = mkdtempSync(join(tmpdir(), 'surehook-tck-'));
const temporal = await startDevServer({
  cliPath,
  stateDir,
  port: 0,
  uiPort: 0,
  inMemory: true,
  onExit: () => undefined,
});
const surehook = await Surehook.start({
  role: 'serve',
  temporalAddress: temporal.address,
  taskQueue: 'tck',
  config: 'tck',
  env: {
    SUREHOOK_API_KEYS: API_KEYS,
    SUREHOOK_ALLOW_LOOPBACK_URLS: 'true',
    SUREHOOK_PUBLIC_URL: `http://localhost:${PORT}`,
    SUREHOOK_CLIENT_REQUESTS_PER_SECOND: '1000',
  },
});

let sent = 0;
/** Ids of messages become unique, and keep their beginnings, which the task type goes by. */
function withOwnId(body: Buffer): Buffer {
  const text = body.toString();
  return Buffer.from(
    text.replace(/("messageId"\s*:\s*")([^"]+)"/g, (_, key, id) => `${key}${id}-${++sent}"`),
  );
}

async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = withOwnId(await buffer(request));
  const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = request.headers;
  const upstream = send(surehook.publicUrl + request.url, {
    method: request.method,
    headers: {
      ...headers,
      authorization: `Bearer ${CLIENT_KEYS.alice}`,
      ...(body.length > 0 ? { 'content-length': body.length } : {}),
    },
  });
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  upstream.on('error', () => response.destroy());
  response.on('close', () => upstream.destroy());
  upstream.end(body);
}

const proxy = createServer((request, response) => void pass(request, response));
proxy.listen(PORT, () => console.log(`ready for the kit at http://localhost:${PORT}`));
process.once('SIGINT', stop);
process.once('SIGTERM', stop);

async function stop(): Promise<void> {
  proxy.closeAllConnections();
  proxy.close();
  await surehook.stop();
  if (process.argv.includes('--log')) console.log(surehook.output);
  await temporal.stop();
  rmSync(stateDir, { recursive: true, force: true });
}
