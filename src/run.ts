// Composes a running Surehook of one role, and stops it in order.
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createHealthApp, createOperatorApp, createPublicApp } from './api/apps.ts';
import { type Listener, listen } from './api/listen.ts';
import { createStartEvent } from './api/start-event.ts';
import type { Config } from './config/config.ts';
import { ConfigError } from './config/config-error.ts';
import { loadConfig } from './config/load-config.ts';
import type { Settings } from './config/settings.ts';
import { createLog, installRuntime } from './log.ts';
import { connectToTemporal, type Temporal } from './temporal/connection.ts';
import type { EncryptionKeys } from './temporal/encryption-codec.ts';
import { prepareNamespace } from './temporal/prepare-namespace.ts';
import { createWorker } from './worker.ts';

export type Role = 'serve' | 'api' | 'worker';

export interface Running {
  config: Config;
  log: Logger;
  temporal: Temporal;
  publicUrl: string | undefined;
  operatorUrl: string;
  /** Resolves with the exit code when the process has stopped everything that it started. */
  stopped: Promise<number>;
  /** Begins the stop; more calls change nothing. */
  stop(exitCode: number): void;
}

export interface RunOptions {
  settings: Settings;
  role: Role;
  /** Given in dev, where Surehook has started Temporal itself. */
  temporalAddress?: string;
  retentionDays?: number;
  webUiUrl?: string | undefined;
  /** The codec needs no token: in dev, where it listens on loopback. */
  openCodec?: boolean;
  makeSecret?: (name: string) => string;
  /** What is stopped last. */
  onStopped?: () => Promise<void>;
}

type Stops = (() => Promise<void>)[];

/** @throws ConfigError if something that it needs cannot be had; what was started until then is stopped */
export async function run(options: RunOptions): Promise<Running> {
  const stops: Stops = options.onStopped ? [options.onStopped] : [];
  try {
    return await start(options, stops);
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

async function start(options: RunOptions, stops: Stops): Promise<Running> {
  const { settings, role } = options;
  const log = createLog(settings.logLevel);
  installRuntime(log);
  const { makeSecret } = options;
  const config = await loadConfig({
    path: settings.configPath,
    env: settings.env,
    ...(makeSecret ? { makeSecret } : {}),
  });
  const token = role === 'worker' ? undefined : requireOperatorToken(settings);
  const temporal = await connectToTemporal(
    settings,
    requireEncryptionKeys(settings),
    options.temporalAddress,
  );
  stops.push(() => temporal.connection.close());
  await prepareNamespace(temporal, log, options.retentionDays);

  // Listeners and worker stop at the same time: each may take seconds, and process managers kill after 10.
  const working: Stops = [];
  stops.push(async () => void (await Promise.all(working.map((stop) => stop()))));
  const lifetime = new Lifetime(stops, log);
  const worker =
    role === 'api' ? undefined : await startWorker({ settings, config, temporal, log, lifetime, working });
  const checkReady = () => assertReady(temporal, worker);
  const { host, port, operatorHost, operatorPort, taskQueue, trustedProxies } = settings;
  const { namespace } = temporal;
  const webUi = options.webUiUrl ? { url: options.webUiUrl, namespace } : undefined;
  const operatorApp = token
    ? createOperatorApp({ temporal, token, openCodec: options.openCodec ?? false, webUi, checkReady, log })
    : createHealthApp({ checkReady, log });
  const operatorSettings = { host: 'OPERATOR_HOST', port: 'OPERATOR_PORT' };
  const operator = await listen({
    app: operatorApp,
    host: operatorHost,
    port: operatorPort,
    settings: operatorSettings,
  });
  working.push(operator.stop);
  let publicListener: Listener | undefined;
  if (role !== 'worker') {
    const startEvent = createStartEvent({ temporal, taskQueue, eager: role === 'serve', log });
    const app = createPublicApp({ config, startEvent, checkReady, trustedProxies, log });
    publicListener = await listen({
      app,
      host: host ?? '0.0.0.0',
      port,
      settings: { host: 'HOST', port: 'PORT' },
    });
    working.push(publicListener.stop);
  }
  const urls = { publicUrl: publicListener?.url, operatorUrl: operator.url };
  log.info({ role, temporal: temporal.address, namespace, ...urls }, 'surehook is up');
  const { stopped } = lifetime;
  return { config, log, temporal, ...urls, stopped, stop: (exitCode) => lifetime.stop(exitCode) };
}

function requireOperatorToken({ operatorToken }: Settings): string {
  if (operatorToken !== undefined) return operatorToken;
  throw new ConfigError(
    'SUREHOOK_OPERATOR_TOKEN is not set: the operator API needs a bearer token; make one with: openssl rand -hex 32',
  );
}

function requireEncryptionKeys({ encryptionKeys }: Settings): EncryptionKeys {
  if (encryptionKeys !== undefined) return encryptionKeys;
  throw new ConfigError(
    'SUREHOOK_ENCRYPTION_KEYS is not set: payloads are encrypted before Temporal stores them; make one with: echo "k1:$(openssl rand -base64 32)"',
  );
}

interface WorkerStart {
  settings: Settings;
  config: Config;
  temporal: Temporal;
  log: Logger;
  lifetime: Lifetime;
  working: Stops;
}

async function startWorker({
  settings,
  config,
  temporal,
  log,
  lifetime,
  working,
}: WorkerStart): Promise<Worker> {
  const worker = await createWorker({ temporal, taskQueue: settings.taskQueue, config, log });
  const running = worker.run();
  running.catch((error) => {
    log.fatal({ err: error }, 'the worker has failed');
    lifetime.stop(1);
  });
  working.push(async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running.catch(() => undefined);
  });
  return worker;
}

/** A server that hangs must not hang the check. */
const READY_WITHIN_MS = 2_000;

async function assertReady({ connection }: Temporal, worker: Worker | undefined): Promise<void> {
  if (worker && worker.getState() !== 'RUNNING')
    throw new Error(`the worker is ${worker.getState().toLowerCase()}`);
  const late = delay(READY_WITHIN_MS, undefined, { ref: false }).then(() => {
    throw new Error('Temporal does not answer');
  });
  await Promise.race([connection.workflowService.getSystemInfo({}), late]);
}

/** One stop per process, whatever asks for it. */
class Lifetime {
  readonly stopped: Promise<number>;
  readonly #stops: Stops;
  readonly #log: Logger;
  #begun = false;
  #resolve: (exitCode: number) => void = () => undefined;

  constructor(stops: Stops, log: Logger) {
    this.#stops = stops;
    this.#log = log;
    this.stopped = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  stop(exitCode: number): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#log.info('stopping');
    stopAll(this.#stops).then(() => {
      this.#log.info('stopped');
      this.#resolve(exitCode);
    });
  }
}

/** The last started first. */
async function stopAll(stops: Stops): Promise<void> {
  for (const stop of stops.reverse()) await stop().catch(() => undefined);
}
