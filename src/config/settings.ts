// The environment, parsed once: the only reader of process.env.
import { readFileSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { apiKeysSchema } from './api-keys.ts';
import { ConfigError } from './config-error.ts';
import { encryptionKeysSchema } from './encryption-keys.ts';
import { isIpRange } from './ip-range.ts';
import { storagePlaceSchema } from './storage-place.ts';
import type { TlsFiles } from './tls-pair.ts';

const port = (fallback: number) =>
  z
    .string()
    .refine((digits) => /^\d{1,5}$/.test(digits) && Number(digits) <= 65_535, {
      error: 'expected a port from 0 to 65535',
    })
    .transform(Number)
    .default(fallback);
const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .refine((digits) => /^\d{1,7}$/.test(digits) && Number(digits) >= least && Number(digits) <= most, {
      error: `expected a whole number from ${least} to ${most}`,
    })
    .transform(Number)
    .optional();
const httpUrl = (example: string) =>
  z.url({ protocol: /^https?$/, error: `expected a URL such as ${example}` }).optional();
const text = z.string().min(1).optional();
const proxyUrl = z
  .url({ protocol: /^https?$/, error: 'expected the URL of a proxy, such as http://proxy.example.com:3128' })
  .optional();

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
  SUREHOOK_ENCRYPTION_KEYS: encryptionKeysSchema.optional(),
  SUREHOOK_STORAGE: storagePlaceSchema.optional(),
  SUREHOOK_TRUSTED_PROXIES: z
    .string()
    .transform((list) => list.split(',').map((one) => one.trim()))
    .refine((list) => list.every(isIpRange), {
      error: 'expected addresses or CIDR ranges, separated by commas',
    })
    .optional(),
  SUREHOOK_TLS_CERT: text,
  SUREHOOK_TLS_KEY: text,
  SUREHOOK_FORWARDED_HEADER: z
    .enum(['x-forwarded-for', 'forwarded'], { error: "expected 'x-forwarded-for' or 'forwarded'" })
    .optional(),
  SUREHOOK_MAX_CONNECTIONS: wholeNumber(1, 1_000_000),
  SUREHOOK_MAX_CONNECTIONS_PER_CLIENT: wholeNumber(1, 1_000_000),
  SUREHOOK_WEBHOOKS_PER_SECOND_PER_CLIENT: wholeNumber(1, 100_000),
  SUREHOOK_LEAST_BYTES_PER_SECOND: wholeNumber(0, 1_000_000),
  SUREHOOK_ALLOW_LOOPBACK_URLS: z
    .enum(['true', 'false'], { error: "expected 'true' or 'false'" })
    .default('false')
    .transform((given) => given === 'true'),
  SUREHOOK_API_KEYS: apiKeysSchema.optional(),
  SUREHOOK_PUBLIC_URL: httpUrl('https://hooks.example.com'),
  SUREHOOK_CLIENT_REQUESTS_PER_SECOND: wholeNumber(1, 100_000),
  SUREHOOK_CLIENT_TASKS: wholeNumber(1, 1_000_000),
  SUREHOOK_CONFIG: z.string().default('surehook.config.ts'),
  SUREHOOK_HANDLER_PROCESSES: wholeNumber(1, 256),
  SUREHOOK_HANDLER_MEMORY: wholeNumber(32, 1_048_576),
  SUREHOOK_STATE_DIR: z.string().default('.surehook'),
  SUREHOOK_TASK_QUEUE: z.string().max(200).default('surehook'),
  SUREHOOK_OPERATOR_URL: httpUrl('http://127.0.0.1:8081'),
  TEMPORAL_ADDRESS: text,
  TEMPORAL_PROFILE: text,
  TEMPORAL_CLI_PATH: text,
  TEMPORAL_PORT: port(7233),
  TEMPORAL_UI_PORT: port(8233),
  TEMPORAL_UI_URL: httpUrl('http://127.0.0.1:8233'),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl('http://127.0.0.1:4318'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl('http://127.0.0.1:4318/v1/traces'),
  // Other tools read these names too, and the lower-case name wins.
  HTTP_PROXY: proxyUrl,
  http_proxy: proxyUrl,
  HTTPS_PROXY: proxyUrl,
  https_proxy: proxyUrl,
  NO_PROXY: text,
  no_proxy: text,
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  PATH: z.string().default(''),
  XDG_CACHE_HOME: text,
});

/** Proxies of requests to endpoints and alert channels. */
export interface ProxySettings {
  /** For `http:` URLs, and for `https:` URLs unless `https` is given. */
  http: string | undefined;
  https: string | undefined;
  /** Hosts that are called directly, as `NO_PROXY` lists them. */
  except: string | undefined;
}

export type Settings = Readonly<ReturnType<typeof toSettings>>;

/** @throws ConfigError naming each setting that is wrong, and what it should be */
export function loadSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const given = withoutEmpty(env);
  const parsed = schema.safeParse(given);
  if (parsed.success) return Object.freeze(toSettings(parsed.data, given));
  throw new ConfigError(
    parsed.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`).join('; '),
  );
}

/** An empty variable means "not set", as a compose file writes it. */
function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}

function toSettings(s: z.output<typeof schema>, env: NodeJS.ProcessEnv) {
  return {
    port: s.PORT,
    host: s.HOST,
    operatorPort: s.OPERATOR_PORT,
    operatorHost: s.OPERATOR_HOST,
    operatorToken: s.SUREHOOK_OPERATOR_TOKEN,
    encryptionKeys: s.SUREHOOK_ENCRYPTION_KEYS,
    /** Of bodies that Temporal does not take. */
    storage: s.SUREHOOK_STORAGE,
    operatorUrl: s.SUREHOOK_OPERATOR_URL,
    ...toIngressSettings(s),
    agent: toAgentSettings(s),
    configPath: s.SUREHOOK_CONFIG,
    /** Processes that run handlers. */
    handlerProcesses: s.SUREHOOK_HANDLER_PROCESSES ?? Math.max(2, availableParallelism()),
    /** Megabytes that the handlers of one process may fill. */
    handlerMemoryMb: s.SUREHOOK_HANDLER_MEMORY ?? 512,
    stateDir: s.SUREHOOK_STATE_DIR,
    taskQueue: s.SUREHOOK_TASK_QUEUE,
    /** A Temporal that is not ours: named by address, or by a profile of Temporal's own config file. */
    externalTemporal: s.TEMPORAL_ADDRESS !== undefined || s.TEMPORAL_PROFILE !== undefined,
    temporalCliPath: s.TEMPORAL_CLI_PATH,
    temporalPort: s.TEMPORAL_PORT,
    temporalUiPort: s.TEMPORAL_UI_PORT,
    temporalUiUrl: s.TEMPORAL_UI_URL,
    /** Where spans go, as OpenTelemetry's specification has it; undefined: tracing is off. */
    tracesUrl:
      s.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? s.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/?$/, '/v1/traces'),
    proxy: toProxySettings(s),
    logLevel: s.LOG_LEVEL,
    path: s.PATH,
    cacheDir: join(s.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'surehook'),
    env,
  };
}

/** Whose word counts at the ingress, and what one sender may hold of it. */
function toIngressSettings(s: z.output<typeof schema>) {
  return {
    /** undefined: the public listener speaks plain HTTP. */
    tls: toTlsFiles(s),
    trustedProxies: s.SUREHOOK_TRUSTED_PROXIES ?? [],
    /** The only header of theirs that is believed; undefined: whichever they send. */
    forwardedHeader: s.SUREHOOK_FORWARDED_HEADER,
    /** To the ingress, in all: an idle one takes 10 to 20 KB. */
    maxConnections: s.SUREHOOK_MAX_CONNECTIONS ?? 4_000,
    /** Of one address: more than twice what a sender with a pool of a hundred has. */
    maxConnectionsPerClient: s.SUREHOOK_MAX_CONNECTIONS_PER_CLIENT ?? 250,
    /** Of one address to one process; undefined: no limit, since a provider sends all of its webhooks from a few. */
    webhooksPerSecondPerClient: s.SUREHOOK_WEBHOOKS_PER_SECOND_PER_CLIENT,
    /** A body that comes more slowly is not read on. Kestrel asks for 240. */
    leastBytesPerSecond: s.SUREHOOK_LEAST_BYTES_PER_SECOND ?? 1_024,
  };
}

function toTlsFiles({ SUREHOOK_TLS_CERT: cert, SUREHOOK_TLS_KEY: key }: z.output<typeof schema>) {
  if (cert === undefined && key === undefined) return undefined;
  if (cert !== undefined && key !== undefined) return { cert, key } satisfies TlsFiles;
  const [given, missing] =
    cert === undefined
      ? ['SUREHOOK_TLS_KEY', 'SUREHOOK_TLS_CERT']
      : ['SUREHOOK_TLS_CERT', 'SUREHOOK_TLS_KEY'];
  throw new ConfigError(`${missing}: it is not set, and ${given} needs it; set both, or neither`);
}

/** What the clients of the agent API may do. */
export type AgentSettings = ReturnType<typeof toAgentSettings>;

function toAgentSettings(s: z.output<typeof schema>) {
  return {
    /** undefined: nobody is a client. */
    apiKeys: s.SUREHOOK_API_KEYS,
    /** The public listener as its clients know it. */
    publicUrl: s.SUREHOOK_PUBLIC_URL,
    /** Of one client to one process. */
    requestsPerSecond: s.SUREHOOK_CLIENT_REQUESTS_PER_SECOND ?? 50,
    /** Of one client, those that wait included. */
    tasksMax: s.SUREHOOK_CLIENT_TASKS ?? 10_000,
    /** URLs that clients give may name this machine, and then by http, too: for development and tests. */
    allowLoopbackUrls: s.SUREHOOK_ALLOW_LOOPBACK_URLS,
  };
}

function toProxySettings(s: z.output<typeof schema>): ProxySettings | undefined {
  const [http, https] = [s.http_proxy ?? s.HTTP_PROXY, s.https_proxy ?? s.HTTPS_PROXY];
  if (http === undefined && https === undefined) return undefined;
  return { http, https, except: s.no_proxy ?? s.NO_PROXY };
}

/** What a program needs to find its files and folders, to show times, and to trust the certificates of this machine. */
const PLAIN = ['PATH', 'HOME', 'USER', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME'];
const FOR_GO = [
  ...PLAIN,
  ...['GOPATH', 'GOROOT', 'GOCACHE', 'GOMODCACHE', 'GOENV', 'GOFLAGS', 'GOTOOLCHAIN'],
  ...['GOPROXY', 'GOSUMDB', 'GONOSUMDB', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
];

/** The environment of a program that Surehook starts and that needs no secret: not ours, which holds them all. */
export function environmentFor(program: 'any' | 'go'): NodeJS.ProcessEnv {
  const names = program === 'go' ? FOR_GO : PLAIN;
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** Whether a command should show the stack of an error: read apart, since the settings may be what is wrong. */
export function isDebugging(): boolean {
  return process.env.LOG_LEVEL === 'debug';
}

/** Read by `surehook dev` and the commands beside it. */
export const DOT_ENV = '.env';

/**
 * Adds what `.env` holds to the environment.
 *
 * @returns a function that reads `.env` anew, and gives the environment with what it holds now
 */
export function loadDotEnv(): () => NodeJS.ProcessEnv {
  const given = { ...process.env };
  Object.assign(process.env, { ...readDotEnv(), ...given });
  return () => withoutEmpty({ ...readDotEnv(), ...given });
}

/** @throws ConfigError if the file is there, and cannot be read */
function readDotEnv(): NodeJS.ProcessEnv {
  try {
    return parseEnv(readFileSync(DOT_ENV, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new ConfigError(`.env cannot be read: ${(error as Error).message}`);
  }
}
