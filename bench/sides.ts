// Starts the sides of the comparison, each with its own processes and its own task queue.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { claimPort } from '../src/temporal/dev/ports-and-processes.ts';
import { ENDPOINT_SECRET, SOURCE_SECRET } from './events.ts';
import { type Drive, driveHttp, type Outcome } from './load.ts';
import type { SideName } from './options.ts';
import type { Receiver } from './receiver.ts';

export interface Side {
  name: SideName;
  pids: number[];
  taskQueue: string;
  /** Empty for a side without a listener. */
  url: string;
  operatorUrl: string;
  drive: Drive;
  stop(): Promise<void>;
}

export interface SideContext {
  temporalAddress: string;
  receiver: Receiver;
  nodeArgs: string[];
  /** The URL of a second endpoint, which may hang. */
  otherUrl?: string;
  /** The folder of the build that `other` runs. */
  otherBuild?: string;
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
export const OPERATOR_TOKEN = 'operator-token-of-the-bench';
export const API_KEY = 'api-key-of-the-bench';
export const PROJECT = path('..');
const CLI = path('../dist/cli.js');
/** Enough to bundle two workflows on a machine whose cores are all busy. */
const READY_WITHIN_MS = 60_000;

const ROLES: Record<Exclude<SideName, 'floor'>, string[]> = {
  naive: ['naive'],
  'naive-tuned': ['naive'],
  serve: ['serve'],
  other: ['other'],
  api: ['api'],
  'api+worker': ['api', 'worker'],
};

let queues = 0;

export async function startSide(name: SideName, context: SideContext): Promise<Side> {
  if (name === 'floor') return await startFloor(context);
  const roles = ROLES[name];
  queues += 1;
  const taskQueue = `bench-${name}-${process.pid}-${queues}`;
  const started = roles.map((role) => startRole(role, taskQueue, context));
  const [api] = await Promise.all(started);
  const children = (await Promise.all(started)).map(({ child }) => child);
  const url = new URL(`http://127.0.0.1:${api?.port}/webhooks/bench`);
  const operatorUrl = `http://127.0.0.1:${api?.operatorPort}`;
  return toSide(name, children, taskQueue, driveHttp(url, context.receiver), { url: url.href, operatorUrl });
}

async function startRole(role: string, taskQueue: string, context: SideContext) {
  const [port, operatorPort] = [await claimPort('PORT', 0, ''), await claimPort('OPERATOR_PORT', 0, '')];
  const env = { ...surehookEnv(context), PORT: `${port}`, OPERATOR_PORT: `${operatorPort}` };
  const queue = { TASK_QUEUE: taskQueue, SUREHOOK_TASK_QUEUE: taskQueue };
  // The sides write info lines, as in production; /dev/null is where these cost least.
  const cli = cliOf(role, context);
  const variables = cli ? firstLineOf(cli).env : {};
  const child = spawn(process.execPath, [...context.nodeArgs, ...commandOf(role, context)], {
    cwd: PROJECT,
    env: { ...env, ...queue, ...variables },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await untilReady(child, `http://127.0.0.1:${role === 'worker' ? operatorPort : port}/readyz`);
  return { child, port, operatorPort };
}

/** The path of Surehook's command; undefined for the plain design. */
function cliOf(role: string, { otherBuild = '' }: SideContext): string | undefined {
  if (role === 'naive') return undefined;
  return role === 'other' ? `${resolve(otherBuild)}/cli.js` : CLI;
}

function commandOf(role: string, context: SideContext): string[] {
  const cli = cliOf(role, context);
  if (cli === undefined) return [path('./naive/server.ts')];
  return [...firstLineOf(cli).flags, cli, role === 'other' ? 'serve' : role];
}

/** The environment and the flags with which `npx surehook` runs Node. */
function firstLineOf(script: string): { env: Record<string, string>; flags: string[] } {
  const [, variables = '', flags = ''] =
    /^#!\S+ -S (.*?)node ?(.*)\n/.exec(readFileSync(script, 'utf8')) ?? [];
  const words = (text: string) => text.split(' ').filter(Boolean);
  return {
    env: Object.fromEntries(words(variables).map((variable) => variable.split('='))),
    flags: words(flags),
  };
}

export function surehookEnv({ temporalAddress, receiver, otherUrl }: SideContext): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return {
    PATH,
    HOME,
    TEMPORAL_ADDRESS: temporalAddress,
    SUREHOOK_CONFIG: path('./bench.config.ts'),
    SUREHOOK_OPERATOR_TOKEN: OPERATOR_TOKEN,
    SUREHOOK_API_KEYS: `bench:${API_KEY}`,
    SUREHOOK_CLIENT_REQUESTS_PER_SECOND: '100000',
    SUREHOOK_CLIENT_TASKS: '100000',
    SUREHOOK_MAX_CONNECTIONS_PER_CLIENT: '5000',
    SUREHOOK_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 'k1').toString('base64')}`,
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
    RECEIVER_URL: receiver.url,
    ...(otherUrl ? { OTHER_URL: otherUrl } : {}),
    SOURCE_SECRET,
    ENDPOINT_SECRET,
  };
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  const isReady = () =>
    fetch(url)
      .then(({ ok }) => ok)
      .catch(() => false);
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`${child.spawnargs.join(' ')} ended with ${child.exitCode}`);
    if (performance.now() > deadline) throw new Error(`${url} is not ready`);
    await delay(50);
  }
}

async function startFloor({ temporalAddress, nodeArgs }: SideContext): Promise<Side> {
  const taskQueue = `bench-floor-${process.pid}`;
  const child = spawn(process.execPath, [...nodeArgs, path('./floor/driver.ts')], {
    cwd: PROJECT,
    env: { ...process.env, TEMPORAL_ADDRESS: temporalAddress, TASK_QUEUE: taskQueue },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const answer = async () => {
    const ended = once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`the floor ended with ${code}`)),
    );
    const [message] = await Promise.race([once(child, 'message'), ended]);
    return message;
  };
  await answer();
  return toSide('floor', [child], taskQueue, async (order) => {
    child.send(order);
    return (await answer()) as Outcome;
  });
}

function toSide(
  name: SideName,
  children: ChildProcess[],
  taskQueue: string,
  drive: Drive,
  urls = { url: '', operatorUrl: '' },
): Side {
  const stop = async () => {
    const ended = children.map((child) => (child.exitCode === null ? once(child, 'exit') : undefined));
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(ended);
  };
  return { name, pids: children.map(({ pid }) => pid as number), taskQueue, ...urls, drive, stop };
}
