// Starts the processes of the user's code, and gives the process its config: at the start, and at each reload.
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { LiveConfig } from '../config/live-config.ts';
import type { MakeSecret } from '../config/make-secret.ts';
import { type ResolveOptions, resolveConfig } from '../config/resolve-config.ts';
import type { Settings } from '../config/settings.ts';
import { UserCode } from '../user-code/user-code.ts';
import { RefusedConfigError } from '../user-code/user-code-process.ts';

export interface UserCodeParts {
  userCode: UserCode;
  config: LiveConfig;
  /** What the config had loaded the last time. */
  files(): readonly string[];
  /** Never rejects: a config that is refused is logged, and the one before it goes on. */
  reload(): Promise<void>;
}

interface Options {
  settings: Settings;
  role: 'serve' | 'api' | 'worker';
  /** Port of a debugger for handlers; undefined: none. */
  inspectPort: number | undefined;
  makeSecret?: MakeSecret | undefined;
  readEnv?: (() => NodeJS.ProcessEnv) | undefined;
  log: Logger;
}

/** @throws ConfigError if the config is refused */
export async function startUserCode({
  settings,
  role,
  inspectPort,
  makeSecret,
  readEnv = () => settings.env,
  log,
}: Options): Promise<UserCodeParts> {
  const path = settings.configPath;
  const { userCode, config } = await UserCode.start({
    path,
    logLevel: settings.logLevel,
    tracesUrl: settings.tracesUrl,
    downloads: { proxy: settings.proxy, allowLoopback: settings.agent.allowLoopbackUrls },
    memoryMb: settings.handlerMemoryMb,
    inspectPort,
    handlerProcesses: role === 'api' ? 0 : inspectPort === undefined ? settings.handlerProcesses : 1,
    checksPayloads: role !== 'worker',
    log,
  });
  const options: ResolveOptions = {
    path,
    env: settings.env,
    hasStorage: settings.storage !== undefined,
    ...(makeSecret ? { makeSecret } : {}),
  };
  try {
    const live = new LiveConfig(resolveConfig(config.description, options));
    live.onChange(({ warnings }) => {
      for (const warning of warnings) log.warn({ config: path, warning }, 'a secret is weak');
    });
    let files = config.files;
    const reloadOnce = async () => {
      try {
        let changed: string[] = [];
        await userCode.reload(({ description, files: loaded }) => {
          files = loaded;
          const next = resolveConfig(description, { ...options, env: readEnv() });
          changed = changedSecrets(live.secrets, next.secrets);
          live.replace(next);
        });
        log.info({ config: path, changed_secrets: changed }, 'the config was read anew');
      } catch (error) {
        if (error instanceof RefusedConfigError && error.files.length > 0) files = error.files;
        log.error(
          { config: path, error: (error as Error).message },
          'the config is refused: the one before it goes on',
        );
      }
    };
    return { userCode, config: live, files: () => files, reload: oneAfterTheOther(reloadOnce) };
  } catch (error) {
    await userCode.stop();
    throw error;
  }
}

/** The names of secrets that are new or have another value. */
function changedSecrets(before: Config['secrets'], after: Config['secrets']): string[] {
  return [...after.values()]
    .filter((secret) => before.get(secret.name)?.reveal() !== secret.reveal())
    .map(({ name }) => name);
}

/** Of calls that come during a run, the last one counts: it runs once, after the present one. */
function oneAfterTheOther(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = () => {
    next = undefined;
    running = run().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (running === undefined) return start();
    next ??= running.then(start);
    return next;
  };
}
