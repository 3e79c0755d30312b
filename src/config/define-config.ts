// What `surehook.config.ts` may contain: the types its author sees, and the zod schema that holds the file to them.
import { z } from 'zod';
import type { BodyKind } from '../contracts/event.ts';
import { isEventType } from '../contracts/event-type.ts';
import { RESERVED_SOURCE_NAMES } from '../contracts/ids.ts';
import { EVENT_TYPE_MAX_LENGTH, STORED_MAX_BYTES } from '../contracts/limits.ts';
import { SOURCES_OF_CLIENTS } from '../contracts/task.ts';
import {
  hmacFault,
  isWithoutSecret,
  type Place,
  SCHEME_NAMES,
  type SchemeName,
} from '../signatures/index.ts';
import { alertRouteSchema } from './alerts-schema.ts';
import type { TaskType } from './define-task.ts';
import { faultsOfForwarding, forwardHeaders } from './forward-headers.ts';
import type { HandlerLogger } from './handler-logger.ts';
import { isIpRange } from './ip-range.ts';
import { duration, retrySchema } from './retry-schedule.ts';
import { headers, httpUrl, name, secretRef, secrets } from './schema-parts.ts';

/** A webhook as a handler sees it. */
export interface WebhookEvent {
  id: string;
  type: string;
  source: string;
  /** Lower-case names, without credentials. */
  headers: Readonly<Record<string, string>>;
  /**
   * The parsed body: JSON, an object of a form's fields, a text, or a `Uint8Array`, as the source's `body` says. Its shape
   * is the sender's: check it with the source's `schema`.
   */
  // biome-ignore lint/suspicious/noExplicitAny: as JSON.parse gives it
  payload: any;
  /** The body as it came, in the content encoding in which it came. */
  rawBody: Uint8Array;
  receivedAt: Date;
}

export interface HandlerContext {
  /** The same over every retry and replay of this event: give it to the systems that you call. */
  idempotencyKey: string;
  /** 1 for the first attempt. */
  attempt: number;
  /** Aborted at the time-out, when the event is cancelled, and when the worker must stop. */
  signal: AbortSignal;
  log: HandlerLogger;
  /** Shows progress of a long handler in the Temporal Web UI, and tells it of a cancellation. */
  heartbeat(details?: unknown): void;
}

/**
 * Handles one event. What it returns must be JSON of at most 256 KiB and is kept with the event. A thrown error is
 * retried under the source's `retry`; a thrown `PermanentError` is not.
 */
export type Handler = (event: WebhookEvent, context: HandlerContext) => unknown;

const timeoutMs = z.int().min(1).max(86_400_000);
const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'expected a header name');
const PLACE =
  "expected 'header.<name>', 'body.<path>', 'body', { join: [place, …] } or { digest: [place, …] }";
const place: z.ZodType<Place> = z.union(
  [
    z.string().regex(/^(header\.[!#$%&'*+.^_`|~0-9A-Za-z-]+|body(\.[^.]+)*)$/, PLACE),
    z.strictObject({ join: z.array(z.lazy(() => place)).min(1) }),
    z.strictObject({ digest: z.array(z.lazy(() => place)).min(1) }),
  ],
  { error: PLACE },
);
const places = z.union([place.transform((one) => [one]), z.array(place).min(1)], {
  error: `${PLACE}, or a list of them`,
});

/** What any scheme may be given beside its secrets. */
const schemeOptions = {
  url: httpUrl.optional(),
  verifyToken: secretRef.optional(),
  topicArns: z.array(z.string().regex(/^arn:/, 'expected the ARN of a topic')).min(1).optional(),
  certificates: z.record(z.url(), z.string()).optional(),
  jwks: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  sandbox: z.boolean().optional(),
};

const hmacVerify = z
  .strictObject({
    scheme: z.literal('hmac'),
    secrets,
    header: headerName.optional(),
    prefix: z.string().optional(),
    encoding: z.enum(['hex', 'base64', 'base64url']).optional(),
    case: z.enum(['lower', 'upper', 'any']).optional(),
    algorithm: z.enum(['sha1', 'sha256', 'sha512']).optional(),
    secretEncoding: z.enum(['text', 'base64', 'hex']).optional(),
    timestampHeader: headerName.optional(),
    timestampUnit: z.enum(['s', 'ms', 'iso', 'http-date']).optional(),
    idHeader: headerName.optional(),
    signed: z.string().optional(),
    url: httpUrl.optional(),
  })
  .superRefine((options, context) => {
    const fault = hmacFault(options);
    if (fault) context.addIssue({ code: 'custom', path: ['signed'], message: fault });
  });
const withoutSecret = SCHEME_NAMES.filter((scheme) => isWithoutSecret(scheme));
const withSecret = SCHEME_NAMES.filter((scheme) => scheme !== 'hmac' && !withoutSecret.includes(scheme));
/** The whole list has 130 names: those that begin alike are likely to have the one that was meant. */
function noSuchScheme(given: unknown): string {
  const letter = typeof given === 'string' ? given.slice(0, 1) : '';
  const alike = SCHEME_NAMES.filter((name) => letter !== '' && name.startsWith(letter));
  const which =
    alike.length > 0
      ? `those that begin with ${letter} are ${alike.join(', ')}`
      : 'docs/providers.md has them all';
  return `there is no such scheme: ${which}. For a provider that has none, use 'hmac' and its options`;
}

const verify = z.discriminatedUnion(
  'scheme',
  [
    hmacVerify,
    z.strictObject({
      scheme: z.enum(withSecret as [SchemeName, ...SchemeName[]]),
      secrets,
      ...schemeOptions,
    }),
    ...(withoutSecret.length === 0
      ? []
      : [
          z.strictObject({
            scheme: z.enum(withoutSecret as [SchemeName, ...SchemeName[]]),
            secrets: secrets.optional(),
            ...schemeOptions,
          }),
        ]),
  ],
  {
    error: ({ input, code, path }) =>
      code === 'invalid_union' && path?.at(-1) === 'scheme'
        ? noSuchScheme((input as { scheme?: unknown } | undefined)?.scheme)
        : undefined,
  },
);

/** 2xx: whoever answers otherwise has the event sent again, for ever. */
const respond = z.strictObject({
  status: z.int().min(200).max(299),
  body: z.string().optional(),
  contentType: z
    .string()
    .regex(/^[\t\x20-\x7e]+$/, 'expected visible ASCII')
    .optional(),
});

/** `*`, an event type, or the beginning of one before `.*`. */
const typeKey = z.string().refine((key) => isEventType(key), {
  error: `expected an event type: 1 to ${EVENT_TYPE_MAX_LENGTH} characters, and no control character; no event has another type`,
});

const handler = z.custom<Handler>((value) => typeof value === 'function', { error: 'expected a function' });
const bodySchema = z.custom<z.ZodType>(
  (value) => typeof value === 'object' && value !== null && 'safeParseAsync' in value,
  { error: 'expected a zod schema' },
);
const cidr = z.string().refine(isIpRange, {
  error: 'expected an address or a CIDR range such as 3.18.12.63/32',
});

/** A burst of two seconds, unless another one is given. */
const rateLimit = z
  .strictObject({
    perSecond: z.number().min(0.01).max(100_000),
    burst: z.int().min(1).max(1_000_000).optional(),
  })
  .transform(({ perSecond, burst }) => ({
    perSecond,
    burst: burst ?? Math.max(1, Math.ceil(2 * perSecond)),
  }));

const source = z.strictObject({
  verify,
  eventId: places.optional(),
  eventType: places.optional(),
  respond: respond.optional(),
  schema: bodySchema.optional(),
  sample: z
    .union([z.record(z.string(), z.json()), z.array(z.json())], {
      error: 'expected the JSON body of an event: an object, or a list',
    })
    .optional(),
  ipAllowList: z.array(cidr).optional(),
  body: z.enum(['json', 'form', 'text', 'bytes'] satisfies BodyKind[]).optional(),
  maxBodyBytes: z.int().min(1).max(STORED_MAX_BYTES).default(1_048_576),
  rateLimit: rateLimit.optional(),
  toleranceSeconds: z.number().positive().optional(),
  handlers: z.record(typeKey, handler).default({}),
  timeoutMs: timeoutMs.default(5_000),
  retry: retrySchema.optional(),
  forwardTo: z
    .union([z.array(name), z.record(z.string(), z.array(name))], {
      error: 'expected a list of endpoint names, or such a list per event type',
    })
    .default([]),
  redelivery: z.enum(['rerun-failed', 'ignore']).default('rerun-failed'),
});

const SECOND_MS = 1_000;

const breaker = z.strictObject({
  failures: z.int().min(1).max(1_000).default(10),
  probeAfter: duration
    .refine((ms) => ms >= SECOND_MS, { error: "expected '1s' or more" }) // Temporal's timers fire in whole seconds
    .default(10_000),
  holdFor: duration.default(24 * 3_600_000),
  alertAfter: duration.default(5 * 60_000),
});

const pem = z.union([z.string().min(1), secretRef], {
  error: "expected the path of a PEM file, or secret('NAME')",
});
const tls = z.strictObject({ ca: pem.optional(), cert: pem.optional(), key: pem.optional() });

/** What Standard Webhooks asks of a sender. */
const ENDPOINT_TIMEOUT_MS = 15_000;

const endpoint = z.strictObject({
  url: httpUrl,
  secrets,
  headers,
  forwardHeaders,
  tls: tls.optional(),
  timeoutMs: timeoutMs.default(ENDPOINT_TIMEOUT_MS),
  retry: retrySchema.optional(),
  breaker: z
    .union([z.custom<false>((value) => value === false), breaker], {
      error: 'expected false or { failures, probeAfter, holdFor, alertAfter }',
    })
    .prefault({}),
});

const taskType = z.strictObject({
  input: bodySchema,
  run: z.custom<TaskType['run']>((value) => typeof value === 'function', { error: 'expected a function' }),
  description: z.string().default(''),
  fromText: z
    .custom<NonNullable<TaskType['fromText']>>((value) => typeof value === 'function', {
      error: 'expected a function',
    })
    .optional(),
  timeout: duration.refine((ms) => ms >= SECOND_MS, { error: "expected '1s' or more" }).default(600_000),
  retry: retrySchema.optional(),
});

const sourceName = name.refine((value) => !RESERVED_SOURCE_NAMES.includes(value), {
  error: ({ input }) => `'${input}' is reserved: workflows of Surehook's own have ids that begin with it`,
});

export const configSchema = z
  .strictObject({
    sources: z.record(sourceName, source).optional(),
    endpoints: z.record(name, endpoint).default({}),
    tasks: z.record(name, taskType).default({}),
    callbacks: z.strictObject({ retry: retrySchema.optional() }).default({}),
    alerts: z.record(name, alertRouteSchema).default({}),
    retention: z.strictObject({ warnBefore: duration.optional() }).default({}),
  })
  .superRefine((config, context) => {
    if (config.sources === undefined && Object.keys(config.tasks).length === 0) {
      const message = 'expected a source, or a task type under tasks';
      context.addIssue({ code: 'custom', path: ['sources'], message });
    }
    for (const [sourceKey, { forwardTo }] of Object.entries(config.sources ?? {})) {
      for (const target of Array.isArray(forwardTo) ? forwardTo : Object.values(forwardTo).flat()) {
        if (Object.hasOwn(config.endpoints, target)) continue;
        const path = ['sources', sourceKey, 'forwardTo'];
        context.addIssue({
          code: 'custom',
          path,
          message: `there is no endpoint '${target}' under endpoints`,
        });
      }
    }
    for (const [endpointKey, given] of Object.entries(config.endpoints)) {
      for (const message of faultsOfForwarding(endpointKey, given, config.sources ?? {}))
        context.addIssue({ code: 'custom', path: ['endpoints', endpointKey, 'forwardHeaders'], message });
    }
    for (const [route, { sources = [] }] of Object.entries(config.alerts)) {
      for (const source of sources) {
        if (Object.hasOwn(config.sources ?? {}, source) || SOURCES_OF_CLIENTS.includes(source)) continue;
        const path = ['alerts', route, 'sources'];
        context.addIssue({ code: 'custom', path, message: `there is no source '${source}' under sources` });
      }
    }
  })
  .transform(({ sources = {}, ...rest }) => ({ sources, ...rest }));

export type ConfigInput = z.input<typeof configSchema>;
export type ParsedConfig = z.output<typeof configSchema>;

/** Types the config file. It is checked, and its secrets are resolved, when a command loads it. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
