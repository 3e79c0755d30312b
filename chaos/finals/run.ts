// `npm run chaos:finals`: tasks with push callbacks under kills at seeded times, on Surehook and on the A2A SDK's own
// server with the same work. Reports by id which final results never arrived.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadSettings } from '../../src/config/settings.ts';
import { startDevServer } from '../../src/temporal/dev/dev-server.ts';
import { findTemporalCli } from '../../src/temporal/dev/find-cli.ts';
import { claimPort } from '../../src/temporal/dev/ports-and-processes.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const USAGE = `npm run chaos:finals -- [options]
  --tasks N   how many tasks each side gets (300)
  --seed N    the same seed kills at the same times (1)
`;
const KEY = 'key-of-the-finals-client';
const PER_SECOND = 5;
const AGAIN_AFTER_MS = 200;
/** Kills come 2 to 6 s apart: the longest work takes 2 s, so that every task can end between two kills. */
const KILL_EVERY_MS = [2_000, 6_000] as const;
/** After the last task, a final result that has not arrived by then is lost: Surehook's longest retry takes a minute. */
const WAIT_MS = 120_000;
/** JSON-RPC's internal error: the server could not take the task now. */
const INTERNAL_ERROR = -32603;
const ENDED = /TASK_STATE_(COMPLETED|FAILED|CANCELED|REJECTED)/;

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const [count, seed] = [Number(values.tasks), Number(values.seed)];
const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Mulberry32: small, and the same everywhere. */
function createRandom(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Side {
  name: string;
  start(): ChildProcess;
  url: string;
  stop(): Promise<void>;
}

class Finals {
  /** Final pushes by task id. */
  readonly arrived = new Map<string, number>();
  url = '';

  async listen(): Promise<void> {
    const server = createServer(async (request, response) => {
      const body = (await buffer(request)).toString();
      response.writeHead(200).end();
      if (!ENDED.test(body)) return;
      const { task, statusUpdate } = JSON.parse(body) as {
        task?: { id: string };
        statusUpdate?: { taskId: string };
      };
      const id = task?.id ?? statusUpdate?.taskId ?? '';
      this.arrived.set(id, (this.arrived.get(id) ?? 0) + 1);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    server.unref();
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/push`;
  }
}

/** Sends until the server has accepted the task. @returns the id that the server has given it */
async function sendUntilAccepted(side: Side, n: number, pushUrl: string): Promise<string> {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: n,
    method: 'SendMessage',
    params: {
      message: { messageId: `finals-${seed}-${n}`, role: 'ROLE_USER', parts: [{ data: { n } }] },
      configuration: { returnImmediately: true, taskPushNotificationConfig: { url: pushUrl } },
    },
  });
  const headers = {
    'content-type': 'application/json',
    'a2a-version': '1.0',
    authorization: `Bearer ${KEY}`,
  };
  for (;;) {
    let refused: string | undefined;
    try {
      const response = await fetch(`${side.url}/a2a`, {
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(5_000),
      });
      const { result, error } = (await response.json()) as {
        result?: { task?: { id: string } };
        error?: { code: number };
      };
      if (result?.task) return result.task.id;
      refused = error && error.code !== INTERNAL_ERROR ? JSON.stringify(error) : undefined;
    } catch {
      // The server is down: it gets the message again.
    }
    if (refused !== undefined) throw new Error(`${side.name} has refused task ${n}: ${refused}`);
    await delay(AGAIN_AFTER_MS);
  }
}

async function untilReady({ url }: Side): Promise<void> {
  while (
    !(await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await delay(50);
}

/** Kills and starts the side's process at the times of the seed until `isOver` holds. @returns how many kills there were */
async function killAtTimes(side: Side, isOver: () => boolean): Promise<number> {
  const random = createRandom(seed);
  let kills = 0;
  let child = side.start();
  await untilReady(side);
  while (!isOver()) {
    const [least, most] = KILL_EVERY_MS;
    await delay(least + random() * (most - least));
    if (isOver()) break;
    child.kill('SIGKILL');
    await once(child, 'exit');
    kills += 1;
    child = side.start();
  }
  return kills;
}

async function measure(side: Side): Promise<number> {
  const finals = new Finals();
  await finals.listen();
  let isSent = false;
  const killing = killAtTimes(side, () => isSent);
  await untilReady(side);
  const accepted: string[] = [];
  const sending = Array.from({ length: count }, async (_, n) => {
    await delay((n * 1_000) / PER_SECOND);
    accepted.push(await sendUntilAccepted(side, n, finals.url));
  });
  await Promise.all(sending);
  isSent = true;
  const kills = await killing;
  const deadline = Date.now() + WAIT_MS;
  const missing = () => accepted.filter((id) => !finals.arrived.has(id));
  while (missing().length > 0 && Date.now() < deadline) await delay(500);
  await side.stop();
  const lost = missing();
  const repeated = [...finals.arrived.values()].filter((times) => times > 1).length;
  say(
    `${side.name}: ${accepted.length} accepted, ${kills} kills, ${lost.length} finals lost, ${repeated} came twice`,
  );
  for (const id of lost) say(`  lost: ${id}`);
  return lost.length;
}

async function surehookSide(): Promise<Side> {
  const stateDir = mkdtempSync(join(tmpdir(), 'surehook-finals-'));
  const { path: searched, cacheDir, temporalCliPath } = loadSettings(process.env);
  const cliPath = await findTemporalCli({
    cliPath: temporalCliPath,
    path: searched,
    cacheDir,
    onProgress: say,
  });
  const server = await startDevServer({ cliPath, stateDir, port: 0, uiPort: 0, onExit: () => undefined });
  const port = await claimPort('PORT', 0, '');
  const operatorPort = await claimPort('OPERATOR_PORT', 0, '');
  const { PATH = '', HOME = '' } = process.env;
  const env = {
    PATH,
    HOME,
    TEMPORAL_ADDRESS: server.address,
    SUREHOOK_CONFIG: path('./finals.config.ts'),
    SUREHOOK_OPERATOR_TOKEN: 'operator-token-of-the-finals',
    SUREHOOK_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 'k1').toString('base64')}`,
    SUREHOOK_API_KEYS: `finals:${KEY}`,
    SUREHOOK_ALLOW_LOOPBACK_URLS: 'true',
    LOG_LEVEL: 'error',
    HOST: '127.0.0.1',
    PORT: `${port}`,
    OPERATOR_PORT: `${operatorPort}`,
  };
  let child: ChildProcess | undefined;
  return {
    name: 'Surehook',
    url: `http://127.0.0.1:${port}`,
    start: () => {
      const stdio = ['ignore', 'ignore', 'inherit'] as const;
      child = spawn(process.execPath, [path('../../dist/cli.js'), 'serve'], { env, stdio: [...stdio] });
      return child;
    },
    stop: async () => {
      child?.kill('SIGTERM');
      await server.stop();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

async function referenceSide(): Promise<Side> {
  const port = await claimPort('PORT', 0, '');
  let child: ChildProcess | undefined;
  return {
    name: 'the A2A SDK',
    url: `http://127.0.0.1:${port}`,
    start: () => {
      const env = { ...process.env, PORT: `${port}` };
      child = spawn(process.execPath, [path('./reference-server.ts')], {
        env,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      return child;
    },
    stop: async () => void child?.kill('SIGKILL'),
  };
}

say(`${count} tasks a side, ${PER_SECOND} a second, seed ${seed}`);
await measure(await referenceSide());
const lost = await measure(await surehookSide());
process.exit(lost === 0 ? 0 : 1);
