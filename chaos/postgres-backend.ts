// Runs a Temporal server on PostgreSQL as scripts/temporal-postgres.sh does, but each part can be killed alone.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { claimPort } from '../src/temporal/dev/ports-and-processes.ts';
import type { Backend } from './temporal-server.ts';

const run = promisify(execFile);
const DEPLOY = fileURLToPath(new URL('../deploy/temporal', import.meta.url));
const BUILT = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'surehook/temporal-server-1.29.1',
);
/** Ports of one backend: the Temporal server's, and as the last one the database's. */
const PORTS = 10;
const READY_WITHIN_MS = 60_000;
const POLL_MS = 100;

export async function createPostgresBackend(cliPath: string, folder: string): Promise<Backend> {
  if (!existsSync(join(BUILT, 'temporal-server')))
    throw new Error('the Temporal server is not built: run scripts/temporal-postgres.sh once');
  const port = await claimPorts();
  const env = prepareFolder(folder, cliPath, port);
  const database = await createDatabase(folder, port + PORTS - 1);
  let child: ChildProcess | undefined;
  let isNew = true;
  return {
    port,
    database,
    async start(onExit) {
      if (isNew) await run('sh', [join(DEPLOY, 'setup-schema.sh')], { env });
      const log = openSync(join(folder, 'temporal.log'), 'a');
      const args = ['--root', folder, '--config', 'config', '--env', 'server', '--allow-no-auth', 'start'];
      const started = spawn(join(BUILT, 'temporal-server'), args, { env, stdio: ['ignore', log, log] });
      child = started;
      started.once('exit', (code, signal) => {
        child = undefined;
        onExit(signal ?? code);
      });
      if (isNew) await run('sh', [join(DEPLOY, 'create-namespace.sh')], { env });
      isNew = false;
      await untilReady(port);
      return started.pid as number;
    },
    async stop() {
      const exited = child && once(child, 'exit');
      child?.kill('SIGKILL');
      await exited;
      await database.crash();
    },
    killNow: () => void child?.kill('SIGKILL'),
  };
}

async function claimPorts(): Promise<number> {
  for (let port = 17_300; port < 20_000; port += PORTS) {
    const claims = Array.from({ length: PORTS }, (_, i) => claimPort('port', port + i, ''));
    const results = await Promise.allSettled(claims);
    if (results.every(({ status }) => status === 'fulfilled')) return port;
  }
  throw new Error('no ten free ports in a row between 17300 and 20000');
}

function prepareFolder(folder: string, cliPath: string, port: number): NodeJS.ProcessEnv {
  chmodSync(folder, 0o711); // PostgreSQL's user has to reach its data in the folder
  for (const name of ['bin', 'config']) mkdirSync(join(folder, name));
  symlinkSync(cliPath, join(folder, 'bin/temporal'));
  symlinkSync(join(BUILT, 'temporal-sql-tool'), join(folder, 'bin/temporal-sql-tool'));
  cpSync(join(DEPLOY, 'server.yaml.tmpl'), join(folder, 'config/server.yaml'));
  return {
    ...process.env,
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    SQL_HOST: '127.0.0.1',
    SQL_PORT: String(port + PORTS - 1),
    SQL_USER: 'temporal',
    SQL_PASSWORD: 'of-no-use',
    TEMPORAL_SCHEMA_DIR: join(BUILT, 'schema'),
    TEMPORAL_BASE_PORT: String(port),
    NUM_HISTORY_SHARDS: '64',
    DYNAMIC_CONFIG_FILE_PATH: join(DEPLOY, 'dynamic-config.yaml'),
    TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_RETENTION: '720h',
  };
}

/** A throw-away database on loopback, open to every user of this machine. */
async function createDatabase(folder: string, port: number) {
  const data = join(folder, 'postgres/data');
  mkdirSync(join(folder, 'postgres'));
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => (await run('id', [flag, 'postgres'])).stdout),
  );
  if (process.getuid?.() === 0) chownSync(join(folder, 'postgres'), Number(uid), Number(gid));
  const bin = findPostgres();
  await asPostgres(join(bin, 'initdb'), '--pgdata', data, '--username', 'temporal', '--auth', 'trust');
  const options = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=''`;
  const control = async (...args: string[]) =>
    await asPostgres(join(bin, 'pg_ctl'), '--pgdata', data, '--wait', ...args);
  const start = async () =>
    await control('--log', join(folder, 'postgres/log'), '--options', options, 'start');
  await start();
  return { start, crash: async () => await control('--mode', 'immediate', 'stop') };
}

function findPostgres(): string {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const bin = versions
    .map((version) => `/usr/lib/postgresql/${version}/bin`)
    .findLast((folder) => existsSync(folder));
  if (bin === undefined) throw new Error('PostgreSQL is not installed under /usr/lib/postgresql');
  return bin;
}

/**
 * PostgreSQL refuses to run as root. Without pipes, a server that the command leaves running keeps none of ours
 * open.
 */
async function asPostgres(command: string, ...args: string[]): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const [program, argv] = isRoot ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, args];
  const [code] = await once(
    spawn(program as string, argv as string[], { cwd: '/', stdio: 'ignore' }),
    'exit',
  );
  if (code !== 0) throw new Error(`${command} ${args.at(-1)} ended with ${code}`);
}

async function untilReady(port: number): Promise<void> {
  const connection = Connection.lazy({ address: `127.0.0.1:${port}`, interceptors: [] });
  const describe = () => connection.workflowService.describeNamespace({ namespace: 'default' });
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await connection.withDeadline(Date.now() + 2_000, describe).catch(() => undefined))) {
    if (Date.now() > deadline) throw new Error('the Temporal server on PostgreSQL does not answer');
    await delay(POLL_MS);
  }
  await connection.close();
}
