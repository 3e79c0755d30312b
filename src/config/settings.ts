// The environment, parsed once: the only reader of process.env.
import { homedir } from 'node:os';
import { join } from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';

const port = (fallback: number) =>
  z.coerce
    .number({ error: 'expected a port' })
    .int('expected a port')
    .min(0, 'expected a port from 0 to 65535')
    .max(65_535, 'expected a port from 0 to 65535')
    .default(fallback);
const text = z.string().min(1).optional();

const schema = z.object({
  PORT: port(8080),
  HOST: text,
  OPERATOR_PORT: port(8081),
  OPERATOR_HOST: z.string().default('127.0.0.1'),
  SUREHOOK_OPERATOR_TOKEN: z
    .string()
    .regex(
      /^[\x21-\x7e]{16,}$/,
      'expected at least 16 visible ASCII characters; make one with: openssl rand -hex 32',
    )
    .optional(),
  SUREHOOK_TRUSTED_PROXIES: z
    .string()
    .transform((list) => list.split(',').map((one) => one.trim()))
    .refine((list) => list.every((one) => ipaddr.isValid(one) || ipaddr.isValidCIDR(one)), {
      error: 'expected addresses or CIDR ranges, separated by commas',
    })
    .optional(),
  SUREHOOK_CONFIG: z.string().default('surehook.config.ts'),
  SUREHOOK_STATE_DIR: z.string().default('.surehook'),
  SUREHOOK_TASK_QUEUE: z.string().max(200).default('surehook'),
  SUREHOOK_OPERATOR_URL: z.url({ error: 'expected a URL such as http://127.0.0.1:8081' }).optional(),
  TEMPORAL_ADDRESS: text,
  TEMPORAL_PROFILE: text,
  TEMPORAL_CLI_PATH: text,
  TEMPORAL_PORT: port(7233),
  TEMPORAL_UI_PORT: port(8233),
  TEMPORAL_UI_URL: z.url({ error: 'expected a URL such as http://127.0.0.1:8233' }).optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  PATH: z.string().default(''),
  XDG_CACHE_HOME: text,
});

export type Settings = Readonly<ReturnType<typeof toSettings>>;

/** @throws ConfigError naming each setting that is wrong, and what it should be */
export function loadSettings(env: NodeJS.ProcessEnv): Settings {
  // An empty variable means "not set", as a compose file writes it.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return Object.freeze(toSettings(parsed.data, env));
  throw new ConfigError(
    parsed.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`).join('; '),
  );
}

function toSettings(s: z.output<typeof schema>, env: NodeJS.ProcessEnv) {
  return {
    port: s.PORT,
    host: s.HOST,
    operatorPort: s.OPERATOR_PORT,
    operatorHost: s.OPERATOR_HOST,
    operatorToken: s.SUREHOOK_OPERATOR_TOKEN,
    operatorUrl: s.SUREHOOK_OPERATOR_URL,
    trustedProxies: s.SUREHOOK_TRUSTED_PROXIES ?? [],
    configPath: s.SUREHOOK_CONFIG,
    stateDir: s.SUREHOOK_STATE_DIR,
    taskQueue: s.SUREHOOK_TASK_QUEUE,
    /** A Temporal that is not ours: named by address, or by a profile of Temporal's own config file. */
    externalTemporal: s.TEMPORAL_ADDRESS !== undefined || s.TEMPORAL_PROFILE !== undefined,
    temporalCliPath: s.TEMPORAL_CLI_PATH,
    temporalPort: s.TEMPORAL_PORT,
    temporalUiPort: s.TEMPORAL_UI_PORT,
    temporalUiUrl: s.TEMPORAL_UI_URL,
    logLevel: s.LOG_LEVEL,
    path: s.PATH,
    cacheDir: join(s.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'surehook'),
    env,
  };
}

/** Adds what `.env` holds to the environment, as `surehook dev` and the commands beside it do. */
export function loadDotEnv(): void {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new ConfigError(`.env cannot be read: ${(error as Error).message}`);
    }
  }
}
