// What `surehook.config.ts` may contain: the types its author sees, and the zod schema that holds the file to them.
import { z } from 'zod';
import type { BodyKind } from '../contracts/event.ts';
import { RESERVED_SOURCE_NAMES } from '../contracts/ids.ts';
import { STORED_MAX_BYTES } from '../contracts/limits.ts';
import { SOURCES_OF_CLIENTS } from '../contracts/task.ts';
import { SCHEME_NAMES } from '../signatures/index.ts';
import { alertRouteSchema } from './alerts-schema.ts';
import type { TaskType } from './define-task.ts';
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
const locator = z
  .string()
  .regex(
    /^(header\.[!#$%&'*+.^_`|~0-9A-Za-z-]+|body(\.[^.]+)+)$/,
    "expected 'header.<name>' or 'body.<path>'",
  );
const locators = z.union([locator.transform((one) => [one]), z.array(locator).min(1)], {
  error: "expected 'header.<name>' or 'body.<path>', or a list of them",
});

const hmacVerify = z.strictObject({
  scheme: z.literal('hmac'),
  secrets,
  header: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'expected a header name')
    .optional(),
  prefix: z.string().optional(),
  encoding: z.enum(['hex', 'base64']).optional(),
  timestampHeader: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'expected a header name')
    .optional(),
});
const otherSchemes = SCHEME_NAMES.filter((scheme) => scheme !== 'hmac') as [string, ...string[]];
const verify = z.discriminatedUnion('scheme', [
  hmacVerify,
  z.strictObject({ scheme: z.enum(otherSchemes), secrets }),
]);

const handler = z.custom<Handler>((value) => typeof value === 'function', { error: 'expected a function' });
const bodySchema = z.custom<z.ZodType>(
  (value) => typeof value === 'object' && value !== null && 'safeParseAsync' in value,
  { error: 'expected a zod schema' },
);
const cidr = z.string().refine(isIpRange, {
  error: 'expected an address or a CIDR range such as 3.18.12.63/32',
});

const source = z.strictObject({
  verify,
  eventId: locators.optional(),
  eventType: locators.optional(),
  schema: bodySchema.optional(),
  ipAllowList: z.array(cidr).optional(),
  body: z.enum(['json', 'form', 'text', 'bytes'] satisfies BodyKind[]).optional(),
  maxBodyBytes: z.int().min(1).max(STORED_MAX_BYTES).default(1_048_576),
  toleranceSeconds: z.number().positive().optional(),
  handlers: z.record(z.string(), handler).default({}),
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
