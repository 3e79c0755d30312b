// Composes a running Surehook of one role, and stops it in order.
import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { CALLBACK_ENDPOINT } from '../activities/delivery/client-endpoint.ts';
import type { CheckReady } from '../api/http/base-app.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Settings } from '../config/settings.ts';
import { CALLBACK_SOURCE, DELIVERY_SOURCE, TASK_SOURCE } from '../contracts/task.ts';
import { createLog } from '../observability/log.ts';
import type { EncryptionKeys } from '../payloads/encryption-codec.ts';
import { signsUrl } from '../signatures/index.ts';
import { openStorage } from '../storage/open-storage.ts';
import { connectToTemporal, type Temporal } from '../temporal/connection.ts';
import { inTime } from '../temporal/in-time.ts';
import { prepareNamespace } from '../temporal/prepare-namespace.ts';
import { createWorker } from './create-worker.ts';
import { Lifetime, type Stops, stopAll } from './lifetime.ts';
import { listenToOperators, listenToSenders } from './listeners.ts';
import { type ProcessParts, type RunOptions, webUiOf } from './parts.ts';
import { startObservability } from './start-observability.ts';
import { startUserCode } from './start-user-code.ts';

export interface Running {
  config: Config;
  log: Logger;
  temporal: Temporal;
  publicUrl: string | undefined;
  operatorUrl: string;
  /** The files of the config, as it was read the last time. */
  files(): readonly string[];
  /** Reads the config anew. Never rejects: one that is refused is logged, and the one before it goes on. */
  reload(): Promise<void>;
  /** Resolves with the exit code when the process has stopped everything that it started. */
  stopped: Promise<number>;
  /** Begins the stop; more calls change nothing. */
  stop(exitCode: number): void;
}

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
  const { settings, role, makeSecret, inspectPort } = options;
  const log = createLog(settings.logLevel);
  const observability = await startObservability(settings, log);
  stops.push(() => observability.tracing.stop());
  const parts = await startUserCode({ settings, role, inspectPort, makeSecret, log });
  const { userCode, config, files, reload } = parts;
  stops.push(() => userCode.stop());
  config.onChange(({ sources, endpoints, alerts, tasks }) => {
    observability.metrics.know({
      sources: [
        ...sources.keys(),
        ...(tasks.size > 0 ? [TASK_SOURCE, CALLBACK_SOURCE, DELIVERY_SOURCE] : []),
      ],
      endpoints: [...endpoints.keys(), ...(tasks.size > 0 ? [CALLBACK_ENDPOINT] : [])],
      routes: alerts.keys(),
      tasks: tasks.keys(),
    });
  });
  if (role !== 'worker') {
    requireApiKeys(settings, config);
    if (makeSecret === undefined) requirePublicUrl(settings, config);
  }
  const temporal = await connect(options, log, stops);

  // Listeners and worker stop at the same time: each may take seconds, and process managers kill after 10.
  const working: Stops = [];
  stops.push(async () => void (await Promise.all(working.map((stop) => stop()))));
  const lifetime = new Lifetime(stops, log);
  const { stopped } = lifetime;
  const urls = await work({ options, config, userCode, temporal, log, observability, lifetime, working });
  log.info({ role, temporal: temporal.address, namespace: temporal.namespace, ...urls }, 'surehook is up');
  const stop = (exitCode: number) => lifetime.stop(exitCode);
  return { config, log, temporal, ...urls, files, reload, stopped, stop };
}

async function connect(
  { settings, role, ...given }: RunOptions,
  log: Logger,
  stops: Stops,
): Promise<Temporal> {
  if (role !== 'worker') requireOperatorToken(settings);
  const keys = requireEncryptionKeys(settings);
  const storage = settings.storage && (await openStorage(settings.storage));
  const temporal = await connectToTemporal(settings, keys, storage, given.temporalAddress);
  stops.push(() => temporal.connection.close());
  await prepareNamespace(temporal, log, given.retentionDays);
  return temporal;
}

/** Starts what the role has of worker and listeners. */
async function work(parts: ProcessParts) {
  const { role, settings } = parts.options;
  const worker = role === 'api' ? undefined : await startWorker(parts);
  const checkReady = oneAtATime(() => assertReady(parts.temporal, worker));
  const token = role === 'worker' ? undefined : requireOperatorToken(settings);
  const operator = await listenToOperators(parts, token, checkReady);
  const ingress = role === 'worker' ? undefined : await listenToSenders(parts, checkReady);
  return { publicUrl: ingress?.url, operatorUrl: operator.url };
}

function requireOperatorToken({ operatorToken }: Settings): string {
  if (operatorToken !== undefined) return operatorToken;
  throw new ConfigError(
    'SUREHOOK_OPERATOR_TOKEN is not set: the operator API needs a bearer token; make one with: openssl rand -hex 32',
  );
}

/** @throws ConfigError if tasks are served that no client can ask for */
function requireApiKeys({ agent }: Settings, { tasks }: Config): void {
  if (tasks.size === 0 || agent.apiKeys !== undefined) return;
  throw new ConfigError(
    'SUREHOOK_API_KEYS is not set: the config has task types, and their clients need keys; make one with: echo "my-client:$(openssl rand -hex 32)"',
  );
}

/** @throws ConfigError if a provider signs a URL that nobody has told. In dev it is that of this machine. */
function requirePublicUrl({ agent }: Settings, { sources }: Config): void {
  if (agent.publicUrl !== undefined) return;
  const [source] = [...sources.values()].filter(({ verify }) => verify.url === undefined && signsUrl(verify));
  if (source === undefined) return;
  throw new ConfigError(
    `sources.${source.name}.verify: the scheme ${source.verify.scheme} signs the URL: set SUREHOOK_PUBLIC_URL to the address as the provider has it, or verify.url to the whole URL`,
  );
}

function requireEncryptionKeys({ encryptionKeys }: Settings): EncryptionKeys {
  if (encryptionKeys !== undefined) return encryptionKeys;
  throw new ConfigError(
    'SUREHOOK_ENCRYPTION_KEYS is not set: payloads are encrypted before Temporal stores them; make one with: echo "k1:$(openssl rand -base64 32)"',
  );
}

async function startWorker(parts: ProcessParts): Promise<Worker> {
  const { options, config, userCode, temporal, log, observability: observer, lifetime, working } = parts;
  const worker = await createWorker({
    temporal,
    taskQueue: options.settings.taskQueue,
    config,
    proxy: options.settings.proxy,
    allowLoopbackUrls: options.settings.agent.allowLoopbackUrls,
    log,
    observer,
    callHandler: (call, options) => userCode.handle(call, options),
    callTask: (call, options) => userCode.runTask(call, options),
    webUi: webUiOf(options, temporal),
  });
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

/** Strangers may ask, too: however many do, Temporal is asked once at a time. */
function oneAtATime(check: CheckReady): CheckReady {
  let checking: Promise<void> | undefined;
  return () => {
    checking ??= check().finally(() => {
      checking = undefined;
    });
    return checking;
  };
}

/** A server that hangs must not hang the check. */
const READY_WITHIN_MS = 2_000;

async function assertReady({ connection }: Temporal, worker: Worker | undefined): Promise<void> {
  if (worker && worker.getState() !== 'RUNNING')
    throw new Error(`the worker is ${worker.getState().toLowerCase()}`);
  await inTime(READY_WITHIN_MS, connection.workflowService.getSystemInfo({}), 'Temporal does not answer');
}
