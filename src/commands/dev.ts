// `surehook dev`: runs everything on one machine, with a Temporal dev server unless a Temporal is named.
import { mkdirSync } from 'node:fs';
import { type ApiKey, apiKeysSchema } from '../config/api-keys.ts';
import type { SourceConfig } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import { DevSecrets } from '../config/dev-secrets.ts';
import { encryptionKeysSchema, formatEncryptionKey } from '../config/encryption-keys.ts';
import { OPERATOR_API_PATH, toOrigin } from '../config/http-origin.ts';
import { isLoopback } from '../config/ip-range.ts';
import { DOT_ENV, loadDotEnv, loadSettings, type Settings } from '../config/settings.ts';
import { VERSION } from '../config/version.ts';
import { toPrintable } from '../contracts/printable.ts';
import type { EncryptionKeys } from '../payloads/encryption-codec.ts';
import { type Running, run } from '../process/run.ts';
import { findScheme } from '../signatures/index.ts';
import { type DevServer, type ExitReason, startDevServer } from '../temporal/dev/dev-server.ts';
import { findTemporalCli } from '../temporal/dev/find-cli.ts';
import { defaultSample } from './choose-sample.ts';
import { type InspectOptions, toInspectPort } from './inspect-handlers.ts';
import { reloadOnChange } from './reload-on-change.ts';
import { buildSignedRequest, canSignFor } from './signed-request.ts';
import { signedUrlOf } from './signed-url.ts';
import { INTERRUPTED_EXIT_CODE, onStopSignal, waitForStop } from './stop-on-signal.ts';
import { stopWithNpm } from './stop-with-npm.ts';

/** As in docker-compose.yml: for this long duplicates are recognised, and dead letters kept. */
const RETENTION_DAYS = 30;

export async function dev(options: InspectOptions = {}): Promise<number> {
  const inspectPort = toInspectPort(options);
  const readEnv = loadDotEnv();
  const given = loadSettings();
  stopWithNpm(given.env);
  mkdirSync(given.stateDir, { recursive: true, mode: 0o700 });
  const secrets = new DevSecrets(given.stateDir);
  const settings = withDefaults(given, secrets);
  let running: Running | undefined;
  const interrupt = new AbortController();
  const starting = settings.externalTemporal
    ? undefined
    : startTemporal(settings, interrupt.signal, (reason) => {
        running?.log.fatal(
          `the Temporal dev server has stopped (${reason}); its log: ${given.stateDir}/temporal.log`,
        );
        running?.stop(1);
      });
  // During the start, a signal has to stop the dev server here: Ctrl-C does not reach its process group.
  const undo = onStopSignal(async () => {
    interrupt.abort(new Error('interrupted'));
    const started = await starting?.catch(() => undefined);
    await started?.stop();
    process.exit(INTERRUPTED_EXIT_CODE);
  });
  const server = await starting;
  running = await run({
    settings,
    role: 'serve',
    ...(server
      ? { temporalAddress: server.address, onStopped: server.stop, retentionDays: RETENTION_DAYS }
      : {}),
    webUiUrl: server?.uiUrl ?? settings.temporalUiUrl,
    openCodec: isLoopback(settings.operatorHost),
    makeSecret: (name, encode) => secrets.getOrMake(name, encode),
    readEnv,
    inspectPort,
  });
  undo();
  reloadOnChange(running, [DOT_ENV]);
  printBanner({ running, secrets, server, settings });
  return await waitForStop(running);
}

/** What production has to be given, dev makes for itself. */
function withDefaults(given: Settings, secrets: DevSecrets): DevSettings {
  const operatorToken =
    given.operatorToken ?? secrets.getOrMake('SUREHOOK_OPERATOR_TOKEN', (bytes) => bytes.toString('hex'));
  return {
    ...given,
    encryptionKeys: encryptionKeysOf(given, secrets),
    host: given.host ?? '127.0.0.1',
    operatorToken,
    agent: { ...given.agent, apiKeys: given.agent.apiKeys ?? makeApiKey(secrets) },
  };
}

/** One client, called dev. */
function makeApiKey(secrets: DevSecrets): readonly ApiKey[] {
  const pair = secrets.getOrMake('SUREHOOK_API_KEYS', (bytes) => `dev:${bytes.toString('hex')}`);
  return apiKeysSchema.parse(pair);
}

/**
 * The keys that are given come first, such as those of a `.env` that was written for Compose. What dev has encrypted before
 * under a key of its own stays readable.
 */
function encryptionKeysOf({ encryptionKeys: given }: Settings, secrets: DevSecrets): EncryptionKeys {
  const name = 'SUREHOOK_ENCRYPTION_KEYS';
  if (given === undefined) return encryptionKeysSchema.parse(secrets.getOrMake(name, formatEncryptionKey));
  const kept = encryptionKeysSchema.safeParse(secrets.get(name)).data ?? [];
  const others = kept.filter(({ id }) => !given.some((key) => key.id === id));
  return [...given, ...others];
}

type DevSettings = Settings & { operatorToken: string; agent: { apiKeys: readonly ApiKey[] } };

async function startTemporal(
  settings: Settings,
  signal: AbortSignal,
  onExit: (reason: ExitReason) => void,
): Promise<DevServer> {
  try {
    const cliPath = await findTemporalCli({
      ...(settings.temporalCliPath ? { cliPath: settings.temporalCliPath } : {}),
      path: settings.path,
      cacheDir: settings.cacheDir,
      onProgress: (line) => void process.stderr.write(`${toPrintable(line)}\n`),
      signal,
    });
    return await startDevServer({
      cliPath,
      stateDir: settings.stateDir,
      port: settings.temporalPort,
      uiPort: settings.temporalUiPort,
      ...(settings.operatorPort === 0
        ? {}
        : { codecEndpoint: `${toOrigin(settings.operatorHost, settings.operatorPort)}/codec` }),
      onExit,
    });
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
}

interface Banner {
  running: Running;
  secrets: DevSecrets;
  server: DevServer | undefined;
  settings: DevSettings;
}

function printBanner({ running, secrets, server, settings }: Banner): void {
  const rows: [string, string | undefined][] = [
    ['Ingress', ingressOf(running)],
    ...agentRows(running, settings),
    ['Operator API', `${running.operatorUrl}${OPERATOR_API_PATH}`],
    ['Operator token', settings.operatorToken],
    ['Temporal Web UI', server?.uiUrl ?? settings.temporalUiUrl],
    [
      'Temporal',
      server
        ? `${running.temporal.address}, data in ${settings.stateDir}/temporal.db`
        : running.temporal.address,
    ],
    [
      'Secrets made',
      secrets.made.length > 0 ? `${secrets.made.join(', ')}, kept in ${secrets.file}` : undefined,
    ],
  ];
  const lines = rows.filter(([, value]) => value).map(([name, value]) => `  ${name.padEnd(16)} ${value}`);
  const source = [...running.config.sources.values()].find(isShowable);
  const paste = source
    ? ['', 'Send a signed event (a second time, it is a duplicate):', '', toCurl(running, settings, source)]
    : [];
  const text = `\nSurehook ${VERSION} is up. Ctrl-C stops it.\n\n${[...lines, ...paste].join('\n')}\n\n`;
  process.stdout.write(toPrintable(text));
}

/** undefined without a source, which nobody can send to. */
function ingressOf({ publicUrl, config: { sources } }: Running): string | undefined {
  return sources.size > 0 ? `${publicUrl}/webhooks/{${[...sources.keys()].join(',')}}` : undefined;
}

/** Shown only where there is something to ask for. */
function agentRows({ publicUrl, config }: Running, { agent }: DevSettings): [string, string | undefined][] {
  if (config.tasks.size === 0) return [];
  return [
    ['Agent API', `${publicUrl}/agent/{${[...config.tasks.keys()].join(',')}}`],
    ['API key', agent.apiKeys[0]?.key],
  ];
}

/** A request that carries the secret itself is not printed. */
function isShowable(source: SourceConfig): boolean {
  const { ways } = findScheme(source.verify.scheme, source.verify);
  return canSignFor(source) && !ways.some(({ signs }) => signs === 'nothing');
}

/** Larger bodies fill the screen. */
const PASTED_BYTES_MAX = 2_000;

function toCurl({ publicUrl = '' }: Running, { agent }: DevSettings, source: SourceConfig): string {
  const target = new URL(`/webhooks/${source.name}`, publicUrl);
  const urls = { url: target.href, signedUrl: signedUrlOf(source, target, agent.publicUrl) };
  const sample = defaultSample(source);
  const whole = buildSignedRequest(source, { ...urls, ...(sample ? { sample } : {}) });
  // A schema may refuse what is made up.
  const isShown = whole.body.length <= PASTED_BYTES_MAX || source.hasSchema;
  const { headers, body, url } = isShown ? whole : buildSignedRequest(source, urls);
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const flags = Object.entries(headers).map(([name, value]) => `  -H ${quoted(`${name}: ${value}`)}`);
  return [
    `curl -i ${url === target.href ? url : quoted(url)}`,
    ...flags,
    `  -d ${quoted(body.toString('utf8'))}`,
  ].join(' \\\n');
}
