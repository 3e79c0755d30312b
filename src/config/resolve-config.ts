// Makes the config that the rest of Surehook uses out of a described one: defaults filled in, secrets resolved.
import { INLINE_MAX_BYTES } from '../contracts/limits.ts';
import { type Place, schemeDefaults } from '../signatures/index.ts';
import { toAlertRoute } from './alert-routes.ts';
import type { Config, EndpointConfig, Locator, SourceConfig, TaskTypeConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import type { ConfigDescription, SourceDescription, TaskDescription } from './describe-config.ts';
import { toEndpointTls } from './endpoint-tls.ts';
import type { MakeSecret } from './make-secret.ts';
import { DELIVERY_RETRY, HANDLER_RETRY, TASK_RETRY } from './retry-schedule.ts';
import type { SecretRef } from './secret.ts';
import { SecretStore } from './secret-store.ts';

export interface ResolveOptions {
  path: string;
  env: NodeJS.ProcessEnv;
  /** Gives a value to a secret that is not set (dev only). */
  makeSecret?: MakeSecret;
  /** Bodies may be larger than what Temporal takes. */
  hasStorage?: boolean;
  /** Resolves this source alone: a command that needs no other secret. */
  onlySource?: string;
  /** Resolves the alert routes alone. */
  onlyAlerts?: boolean;
}

/** @throws ConfigError naming every secret that is missing, or every limit that needs a storage */
export function resolveConfig(whole: ConfigDescription, options: ResolveOptions): Config {
  const { path, env, makeSecret, hasStorage } = options;
  const picked = pick(whole, options);
  if (!hasStorage) checkBodyLimits(picked, path);
  const secrets = new SecretStore(env, makeSecret);
  const config = {
    sources: mapValues(picked.sources, (source, name) => toSource(name, source, secrets)),
    endpoints: mapValues(picked.endpoints, (endpoint, name) => toEndpoint(name, endpoint, secrets, path)),
    alerts: mapValues(picked.alerts, (route, name) => toAlertRoute(name, route, secrets)),
    tasks: mapValues(picked.tasks, toTaskType),
    callbacks: { retry: picked.callbacks.retry ?? DELIVERY_RETRY },
    retention: { warnBeforeMs: picked.retention.warnBefore },
  };
  secrets.check();
  return Object.freeze({ ...config, secrets: secrets.resolved, warnings: [...secrets.warnings] });
}

function checkBodyLimits({ sources }: ConfigDescription, path: string): void {
  const large = Object.entries(sources).filter(([, { maxBodyBytes }]) => maxBodyBytes > INLINE_MAX_BYTES);
  if (large.length === 0) return;
  const which = large.map(([name]) => `sources.${name}.maxBodyBytes`).join(', ');
  throw new ConfigError(
    `${path} is not valid: ${which}: over ${INLINE_MAX_BYTES} bytes, bodies need a place of their own; set SUREHOOK_STORAGE to one, or lower the limit`,
  );
}

function pick(
  whole: ConfigDescription,
  { onlySource: name, onlyAlerts, path }: ResolveOptions,
): ConfigDescription {
  if (onlyAlerts) return { ...whole, sources: {}, endpoints: {} };
  if (name === undefined) return whole;
  const source = Object.hasOwn(whole.sources, name) ? whole.sources[name] : undefined;
  if (source) return { ...whole, sources: { [name]: source }, endpoints: {}, alerts: {} };
  throw new ConfigError(`${path} has no source '${name}'; it has: ${Object.keys(whole.sources).join(', ')}`);
}

function toSource(name: string, source: SourceDescription, store: SecretStore): SourceConfig {
  const verify = toVerify(name, source, store);
  const { verifyToken }: AnyVerify = source.verify;
  const defaults = schemeDefaults(verify.scheme, verify);
  return Object.freeze({
    name,
    verify,
    verifyToken: verifyToken && store.resolve(verifyToken, `sources.${name}.verify.verifyToken`),
    credentialHeaders: new Set([
      'authorization',
      'proxy-authorization',
      'cookie',
      ...defaults.credentialHeaders,
    ]),
    eventId: (source.eventId ?? defaults.eventId).map(toLocator),
    eventType: (source.eventType ?? defaults.eventType).map(toLocator),
    batch: defaults.batch,
    respond: source.respond ?? defaults.answer,
    hasSchema: source.schema,
    sample: source.sample,
    ipAllowList: source.ipAllowList,
    maxBodyBytes: source.maxBodyBytes,
    rateLimit: source.rateLimit,
    body: source.body,
    handlers: new Set(source.handlers),
    timeoutMs: source.timeoutMs,
    retry: source.retry ?? HANDLER_RETRY,
    forwardTo: new Map(
      Object.entries(Array.isArray(source.forwardTo) ? { '*': source.forwardTo } : source.forwardTo),
    ),
    redelivery: source.redelivery,
  });
}

function toVerify(name: string, source: SourceDescription, store: SecretStore): SourceConfig['verify'] {
  const { scheme, secrets = [], verifyToken: _, ...options }: AnyVerify = source.verify;
  return Object.freeze({
    scheme,
    ...options,
    ...(source.toleranceSeconds === undefined ? {} : { toleranceSeconds: source.toleranceSeconds }),
    secrets: secrets.map((ref) => store.resolve(ref, `sources.${name}.verify.secrets`, scheme, options)),
  });
}

/** The forms of `verify`, which differ in what they may have. */
type AnyVerify = Omit<SourceConfig['verify'], 'secrets' | 'verifyToken'> & {
  secrets?: SecretRef[] | undefined;
  verifyToken?: SecretRef | undefined;
};

function toTaskType({ timeout, retry, ...described }: TaskDescription, name: string): TaskTypeConfig {
  return Object.freeze({ name, ...described, timeoutMs: timeout, retry: retry ?? TASK_RETRY });
}

function toEndpoint(
  name: string,
  endpoint: ConfigDescription['endpoints'][string],
  store: SecretStore,
  configPath: string,
): EndpointConfig {
  const at = `endpoints.${name}`;
  const headers = store.resolveHeaders(endpoint.headers, `${at}.headers`);
  return Object.freeze({
    name,
    url: endpoint.url,
    secrets: endpoint.secrets.map((ref) => store.resolve(ref, `${at}.secrets`, 'delivery')),
    headers,
    forwardHeaders: endpoint.forwardHeaders,
    timeoutMs: endpoint.timeoutMs,
    tls:
      endpoint.tls && toEndpointTls(endpoint.tls, { at: `${at}.tls`, url: endpoint.url, configPath }, store),
    retry: endpoint.retry ?? DELIVERY_RETRY,
    breaker: toBreaker(endpoint.breaker),
  });
}

function toBreaker(breaker: ConfigDescription['endpoints'][string]['breaker']): EndpointConfig['breaker'] {
  if (breaker === false) return undefined;
  const { failures, probeAfter, holdFor, alertAfter } = breaker;
  return Object.freeze({
    failures,
    probeAfterMs: probeAfter,
    holdForMs: holdFor,
    alertAfterMs: alertAfter,
  });
}

function toLocator(place: Place): Locator {
  if (typeof place !== 'string') {
    const [kind, places] =
      'join' in place ? (['join', place.join] as const) : (['digest', place.digest] as const);
    return { in: kind, places: places.map(toLocator) };
  }
  const [where, ...path] = place.split('.');
  if (where !== 'body') return { in: 'header', name: path.join('.').toLowerCase() };
  return path.length === 0 ? { in: 'bytes' } : { in: 'body', path };
}

function mapValues<T, U>(record: Record<string, T>, map: (value: T, key: string) => U): Map<string, U> {
  return new Map(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
