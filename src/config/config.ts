// The config as the rest of Surehook uses it: resolved, frozen, without a default left open.
import type { BodyKind } from '../contracts/event.ts';
import type { SchemeAnswer, VerifyOptions } from '../signatures/index.ts';
import type { RetrySchedule } from './retry-schedule.ts';
import type { Secret } from './secret.ts';

/** Where an event id or type is looked for: a header, a value in the body, all of the body, or several of these in one. */
export type Locator =
  | { in: 'header'; name: string }
  | { in: 'body'; path: readonly string[] }
  | { in: 'bytes' }
  | { in: 'join' | 'digest'; places: readonly Locator[] };

export interface SourceConfig {
  name: string;
  verify: Omit<VerifyOptions, 'secrets' | 'verifyToken'> & { secrets: readonly Secret[] };
  /** For handshakes in which the provider shows, or signs with, a token of the receiver's choice. */
  verifyToken: Secret | undefined;
  /** Headers that are not stored: they carry a credential. */
  credentialHeaders: ReadonlySet<string>;
  eventId: readonly Locator[];
  eventType: readonly Locator[];
  /** Where a body has several events; empty: each is one. */
  batch: readonly string[];
  /** What is answered once an event is stored, new or known; undefined: 202 and 200 with a receipt. */
  respond: SchemeAnswer | undefined;
  /** Payloads are held to a schema, which a process of the user's code has. */
  hasSchema: boolean;
  /** The JSON body that `surehook send` and the banner of dev use, in place of a sample of the provider. */
  sample: unknown;
  /** CIDR ranges; undefined: every address may send. */
  ipAllowList: readonly string[] | undefined;
  maxBodyBytes: number;
  /** Webhooks that each process takes for this source; undefined: no limit. */
  rateLimit: { perSecond: number; burst: number } | undefined;
  /** How bodies are read; undefined: as their content type says. */
  body: BodyKind | undefined;
  /** The event types that have a handler; `*` for the rest. The handlers are in the processes of the user's code. */
  handlers: ReadonlySet<string>;
  /** Limit of one attempt of a handler. */
  timeoutMs: number;
  retry: RetrySchedule;
  /** Endpoint names by event type; `*` for the rest. */
  forwardTo: ReadonlyMap<string, readonly string[]>;
  redelivery: 'rerun-failed' | 'ignore';
}

export interface EndpointConfig {
  name: string;
  /** Set if a client has given the URL: its host and port, which have a breaker of their own. */
  clientHost?: string;
  url: string;
  secrets: readonly Secret[];
  headers: Readonly<Record<string, string | Secret>>;
  /** Lower-case names of the sender's headers that go on with each delivery. */
  forwardHeaders: readonly string[];
  timeoutMs: number;
  /** PEM texts; undefined: as Node has it. */
  tls: EndpointTls | undefined;
  retry: RetrySchedule;
  /** undefined: switched off. */
  breaker: BreakerConfig | undefined;
}

export interface EndpointTls {
  /** The only authorities that are trusted; undefined: those that Node trusts. */
  ca: string | undefined;
  /** What Surehook shows of itself: both or neither. */
  cert: string | undefined;
  key: Secret | undefined;
}

export interface BreakerConfig {
  /** It opens after so many attempts that failed one after the other. */
  failures: number;
  /** The first look at whether the endpoint is back. */
  probeAfterMs: number;
  /** A delivery that was held for so long becomes a dead letter. */
  holdForMs: number;
  /** The alert routes are told of an endpoint that was down for so long. */
  alertAfterMs: number;
}

interface AlertRouteBase {
  name: string;
  /** undefined: all. */
  sources: readonly string[] | undefined;
  on: readonly ('dead_letter' | 'recovered' | 'expiring' | 'endpoint_down')[];
  gatherMs: number;
  everyMs: number;
}
export interface SlackRoute extends AlertRouteBase {
  channel: 'slack';
  url: Secret;
}
export interface PagerDutyRoute extends AlertRouteBase {
  channel: 'pagerduty';
  routingKey: Secret;
  severity: 'critical' | 'error' | 'warning' | 'info';
  url: string;
}
export interface EmailRoute extends AlertRouteBase {
  channel: 'email';
  smtp: Secret;
  from: string;
  to: readonly string[];
}
export interface WebhookRoute extends AlertRouteBase {
  channel: 'webhook';
  url: string;
  headers: Readonly<Record<string, string | Secret>>;
  secrets: readonly Secret[];
}
export type AlertRouteConfig = SlackRoute | PagerDutyRoute | EmailRoute | WebhookRoute;

/** A task type, whose code is in the processes of the user's code. */
export interface TaskTypeConfig {
  name: string;
  description: string;
  /** JSON Schema. */
  inputSchema: Readonly<Record<string, unknown>>;
  /** Whether plain text can be made into an input. */
  takesText: boolean;
  /** Limit of one attempt of the work. */
  timeoutMs: number;
  retry: RetrySchedule;
}

export interface Config {
  tasks: ReadonlyMap<string, TaskTypeConfig>;
  /** How clients of the agent API are called back. */
  callbacks: { retry: RetrySchedule };
  sources: ReadonlyMap<string, SourceConfig>;
  endpoints: ReadonlyMap<string, EndpointConfig>;
  alerts: ReadonlyMap<string, AlertRouteConfig>;
  /** How long before Temporal deletes a dead letter it is told of; undefined: as the retention suggests. */
  retention: { warnBeforeMs: number | undefined };
  /** Every secret that the config names, by its name. */
  secrets: ReadonlyMap<string, Secret>;
  /** What is suspicious and not wrong, for the log of the start. */
  warnings: readonly string[];
}

/** A place as the config file writes it. */
export function placeText(place: Locator): string {
  if (place.in === 'header') return `header.${place.name}`;
  if (place.in === 'body') return `body.${place.path.join('.')}`;
  return place.in === 'bytes' ? 'body' : `{ ${place.in}: [${place.places.map(placeText).join(', ')}] }`;
}

/** The entry for this event type, else that for the longest beginning of it (`invoice.*`), else that for the rest. */
export function forType<T>(byType: ReadonlyMap<string, T>, eventType: string): T | undefined {
  const key = keyForType(byType, eventType);
  return key === undefined ? undefined : byType.get(key);
}

/** The key that an event type is under: the type itself, `<beginning>.*`, or `*`. */
export function keyForType(keys: { has(key: string): boolean }, eventType: string): string | undefined {
  if (keys.has(eventType)) return eventType;
  for (let dot = eventType.lastIndexOf('.'); dot > 0; dot = eventType.lastIndexOf('.', dot - 1)) {
    const key = `${eventType.slice(0, dot)}.*`;
    if (keys.has(key)) return key;
  }
  return keys.has('*') ? '*' : undefined;
}

export function hasHandler({ handlers }: Pick<SourceConfig, 'handlers'>, eventType: string): boolean {
  return keyForType(handlers, eventType) !== undefined;
}

/** The headers as they are sent. */
export function revealHeaders(headers: Readonly<Record<string, string | Secret>>): Record<string, string> {
  const revealed = Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : value.reveal(),
  ]);
  return Object.fromEntries(revealed);
}
