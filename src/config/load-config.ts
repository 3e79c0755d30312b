// Reads `surehook.config.ts`, checks it, and resolves its secrets.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { z } from 'zod';
import { INLINE_MAX_BYTES } from '../contracts/limits.ts';
import { type SchemeName, schemeDefaults } from '../signatures/index.ts';
import { toAlertRoute } from './alert-routes.ts';
import type { Config, EndpointConfig, Locator, SourceConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { configSchema, type ParsedConfig } from './define-config.ts';
import { DELIVERY_RETRY, HANDLER_RETRY } from './retry-schedule.ts';
import { SecretStore } from './secret-store.ts';

export interface LoadConfigOptions {
  path: string;
  env: NodeJS.ProcessEnv;
  /** Gives a value to a secret that is not set (dev only). */
  makeSecret?: (name: string) => string;
  /** Bodies may be larger than what Temporal takes. */
  hasStorage?: boolean;
  /** Resolves this source alone: a command that needs no other secret. */
  onlySource?: string;
  /** Resolves the alert routes alone. */
  onlyAlerts?: boolean;
}

/** @throws ConfigError naming every fault found, or every secret that is missing */
export async function loadConfig(options: LoadConfigOptions): Promise<Config> {
  const { path, env, makeSecret, hasStorage } = options;
  const whole = parse(path, await readConfigFile(path));
  const parsed = pick(whole, options);
  if (!hasStorage) checkBodyLimits(parsed, path);
  const secrets = new SecretStore(env, makeSecret);
  const config = {
    sources: mapValues(parsed.sources, (source, name) => toSource(name, source, secrets)),
    endpoints: mapValues(parsed.endpoints, (endpoint, name) => toEndpoint(name, endpoint, secrets)),
    alerts: mapValues(parsed.alerts, (route, name) => toAlertRoute(name, route, secrets)),
    retention: { warnBeforeMs: parsed.retention.warnBefore },
  };
  secrets.check();
  return Object.freeze(config);
}

function checkBodyLimits({ sources }: ParsedConfig, path: string): void {
  const large = Object.entries(sources).filter(([, { maxBodyBytes }]) => maxBodyBytes > INLINE_MAX_BYTES);
  if (large.length === 0) return;
  const which = large.map(([name]) => `sources.${name}.maxBodyBytes`).join(', ');
  throw new ConfigError(
    `${path} is not valid: ${which}: over ${INLINE_MAX_BYTES} bytes, bodies need a place of their own; set SUREHOOK_STORAGE to one, or lower the limit`,
  );
}

function pick(whole: ParsedConfig, { onlySource: name, onlyAlerts, path }: LoadConfigOptions): ParsedConfig {
  if (onlyAlerts) return { ...whole, sources: {}, endpoints: {} };
  if (name === undefined) return whole;
  const source = Object.hasOwn(whole.sources, name) ? whole.sources[name] : undefined;
  if (source) return { ...whole, sources: { [name]: source }, endpoints: {}, alerts: {} };
  throw new ConfigError(`${path} has no source '${name}'; it has: ${Object.keys(whole.sources).join(', ')}`);
}

async function readConfigFile(path: string): Promise<unknown> {
  const file = resolve(path);
  if (!existsSync(file)) {
    throw new ConfigError(
      `SUREHOOK_CONFIG: there is no file ${path}; create it or set SUREHOOK_CONFIG to its path`,
    );
  }
  try {
    const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
    if (module.default !== undefined) return module.default;
  } catch (error) {
    if ((error as NodeJS.ErrnoException | null)?.code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw new ConfigError(`${path} cannot be read by Node ${process.version}: use Node 22.19 or newer`);
    }
    throw new ConfigError(`${path} cannot be read: ${describeThrown(error, file)}`);
  }
  throw new ConfigError(`${path} has no default export; write: export default defineConfig({ … })`);
}

/** A syntax error names its line in the stack alone. */
function describeThrown(error: unknown, file: string): string {
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const line = /^\d+/.exec(stack.split(`${file}:`)[1] ?? '')?.[0];
  return `${line ? `line ${line}: ` : ''}${message.split('\n')[0]}`;
}

function parse(path: string, input: unknown): ParsedConfig {
  const result = configSchema.safeParse(input);
  if (result.success) return result.data;
  const faults = result.error.issues.flatMap((issue) => describe(issue));
  throw new ConfigError(`${path} is not valid: ${faults.join('; ').replaceAll(/\s+/g, ' ')}`);
}

function describe(issue: z.core.$ZodIssue, parents: PropertyKey[] = []): string[] {
  const path = [...parents, ...issue.path];
  const fault = (at: PropertyKey[], what: string) =>
    `${at.map(String).join('.') || 'the default export'}: ${what}`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => fault([...path, key], 'unknown key (remove it or correct its name)'));
    case 'invalid_key':
      return issue.issues.flatMap((inner) => describe(inner, path));
    case 'invalid_union': {
      // Of the forms that a value may have, the one that it was meant to have knows what is wrong with it.
      const [meant, ...others] = issue.errors.filter((faults) => !faults.some(isOtherForm));
      if (meant && others.length === 0) return meant.flatMap((inner) => describe(inner, path));
      return [fault(path, issue.message)];
    }
    default:
      return [fault(path, issue.message)];
  }
}

function isOtherForm({ code, path }: z.core.$ZodIssue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'custom');
}

function toSource(name: string, source: ParsedConfig['sources'][string], store: SecretStore): SourceConfig {
  const { scheme, secrets, ...options } = source.verify;
  const defaults = schemeDefaults(scheme as SchemeName, options);
  return Object.freeze({
    name,
    verify: Object.freeze({
      scheme: scheme as SchemeName,
      ...options,
      ...(source.toleranceSeconds === undefined ? {} : { toleranceSeconds: source.toleranceSeconds }),
      secrets: secrets.map((ref) =>
        store.resolve(ref, `sources.${name}.verify.secrets`, scheme as SchemeName),
      ),
    }),
    credentialHeaders: new Set([
      'authorization',
      'proxy-authorization',
      'cookie',
      ...defaults.credentialHeaders,
    ]),
    eventId: (source.eventId ?? defaults.eventId).map(toLocator),
    eventType: (source.eventType ?? defaults.eventType).map(toLocator),
    schema: source.schema,
    ipAllowList: source.ipAllowList,
    maxBodyBytes: source.maxBodyBytes,
    handlers: new Map(Object.entries(source.handlers)),
    timeoutMs: source.timeoutMs,
    retry: source.retry ?? HANDLER_RETRY,
    forwardTo: new Map(
      Object.entries(Array.isArray(source.forwardTo) ? { '*': source.forwardTo } : source.forwardTo),
    ),
    redelivery: source.redelivery,
  });
}

function toEndpoint(
  name: string,
  endpoint: ParsedConfig['endpoints'][string],
  store: SecretStore,
): EndpointConfig {
  const at = `endpoints.${name}`;
  const headers = Object.entries(endpoint.headers).map(([key, value]) => [
    key.toLowerCase(),
    typeof value === 'string' ? value : store.resolve(value, `${at}.headers.${key}`),
  ]);
  return Object.freeze({
    name,
    url: endpoint.url,
    secrets: endpoint.secrets.map((ref) => store.resolve(ref, `${at}.secrets`, 'delivery')),
    headers: Object.freeze(Object.fromEntries(headers)),
    timeoutMs: endpoint.timeoutMs,
    retry: endpoint.retry ?? DELIVERY_RETRY,
    breaker: toBreaker(endpoint.breaker),
  });
}

function toBreaker(breaker: ParsedConfig['endpoints'][string]['breaker']): EndpointConfig['breaker'] {
  if (breaker === false) return undefined;
  const { failures, probeAfter, holdFor, alertAfter } = breaker;
  return Object.freeze({
    failures,
    probeAfterMs: probeAfter,
    holdForMs: holdFor,
    alertAfterMs: alertAfter,
  });
}

function toLocator(text: string): Locator {
  const [where, ...path] = text.split('.');
  if (where === 'body') return { in: 'body', path };
  return { in: 'header', name: path.join('.').toLowerCase() };
}

function mapValues<T, U>(record: Record<string, T>, map: (value: T, key: string) => U): Map<string, U> {
  return new Map(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
