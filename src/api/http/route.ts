// One route of an HTTP API, declared once: the Express route, the validation and the OpenAPI document come from it.
import type { Express, Request, Response } from 'express';
import type { z } from 'zod';
import { type ErrorCode, HttpError } from './errors.ts';
import { parseJson } from './parse-json.ts';
import { readBody } from './read-body.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The answer of a route under one status. */
export interface Answer {
  description: string;
  /** The shape of the body, as `handle` gives it. Absent if the body is not JSON, or there is no body. */
  view?: z.ZodType;
  /** `application/json` unless given. */
  contentType?: string;
  /** What each header is for, by its lower-case name. */
  headers?: Record<string, string>;
}

export type Answers = Readonly<Record<number, Answer>>;

/** A JSON body. An empty body counts as `{}`. */
export interface JsonBody<B extends z.ZodType, D> {
  schema: B;
  /** Bytes; a longer body is refused with `payload_too_large`. */
  limit: number | ((deps: D, params: Record<string, string>) => number);
}

/** A body that `handle` reads itself. */
export interface RawRequestBody {
  description: string;
  contentTypes: readonly string[];
}

/** What `handle` resolves to: one of the declared answers, or `SENT` if it has written the response itself. */
type ReplyOf<A extends Answers> =
  | {
      [S in keyof A & number]: {
        status: S;
        headers?: Record<string, string>;
        body: A[S] extends { view: z.ZodType } ? z.input<A[S]['view']> : undefined;
      };
    }[keyof A & number]
  | typeof SENT;

/** `handle` has written the response itself. */
export const SENT = Symbol('sent');

/** An answer of `handle`: its status, its body and its headers. */
export function reply<S extends number, const B>(status: S, body: B, headers: Record<string, string> = {}) {
  return { status, body, headers };
}

export interface Call<P, Q, B> {
  params: P;
  query: Q;
  body: B;
  /** The bytes that `body` was parsed from; empty if the route declares no JSON body. */
  rawBody: Buffer;
  request: Request;
  response: Response;
}

/** @typeParam D what `handle` is given besides the request */
export interface Route<
  D,
  P extends z.ZodObject = z.ZodObject,
  Q extends z.ZodObject = z.ZodObject,
  B extends z.ZodType = z.ZodType,
  A extends Answers = Answers,
> {
  method: Method;
  /** As OpenAPI writes it: `/events/{source}/{event_id}`. */
  path: string;
  /** A few words, for a list of routes. */
  summary: string;
  description?: string;
  params?: P;
  query?: Q;
  body?: JsonBody<B, D>;
  rawRequestBody?: RawRequestBody;
  answers: A;
  /** The codes that this route can answer with, besides those of its listener. */
  errors: readonly ErrorCode[];
  /** `handle` gets requests of every method, and refuses the others itself. */
  everyMethod?: true;
  handle(deps: D, call: Call<z.output<P>, z.output<Q>, z.output<B>>): Promise<ReplyOf<A>>;
}

/** A route of any shape, in a table. */
// biome-ignore lint/suspicious/noExplicitAny: a table holds routes of different shapes; `route` has checked each
export type AnyRoute<D> = Route<D, any, any, any, any>;

/** The body that a route answers with under a status, for clients of the route. */
export type ViewOf<R, S extends number = 200> =
  // biome-ignore lint/suspicious/noExplicitAny: only the answers matter here
  R extends Route<any, any, any, any, infer A>
    ? A[S] extends { view: z.ZodType }
      ? z.output<A[S]['view']>
      : never
    : never;

/** Declares a route. The compiler checks that `handle` fits what the route declares. */
export function route<D>() {
  return <P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType, const A extends Answers>(
    declared: Route<D, P, Q, B, A>,
  ): Route<D, P, Q, B, A> => declared;
}

/** Adds the routes of a table to an app, and answers other methods on their paths with 405. */
export function mountRoutes<D>(
  app: Express,
  { routes, prefix = '', deps }: { routes: readonly AnyRoute<D>[]; prefix?: string; deps: D },
): void {
  const methods = new Map<string, string[]>();
  for (const declared of routes) {
    const path = prefix + declared.path.replaceAll(/\{(\w+)\}/g, ':$1');
    const listener = (request: Request, response: Response) => answer(declared, deps, request, response);
    if (declared.everyMethod) app.all(path, listener);
    else app[declared.method](path, listener);
    methods.set(path, [...(methods.get(path) ?? []), declared.method.toUpperCase()]);
  }
  for (const [path, known] of methods) app.all(path, (request) => refuseMethod(request, known));
}

function refuseMethod({ method, path }: Request, known: readonly string[]): never {
  const allow = [...known, ...(known.includes('GET') ? ['HEAD'] : [])].join(', ');
  const detail = `${method} is not allowed at ${path.slice(0, 200)}; use ${known.join(' or ')}`;
  throw new HttpError('method_not_allowed', detail, { headers: { allow } });
}

async function answer<D>(
  declared: AnyRoute<D>,
  deps: D,
  request: Request,
  response: Response,
): Promise<void> {
  const params = request.params as Record<string, string>;
  const query = declared.query ? parseQuery(declared.query, request.query) : {};
  const { body, rawBody } = await parseBody(declared.body, deps, request, response);
  const reply = await declared.handle(deps, { params, query, body, rawBody, request, response });
  if (reply === SENT) return;
  response
    .status(reply.status)
    .set(reply.headers ?? {})
    .json(reply.body);
}

async function parseBody<D>(
  declared: JsonBody<z.ZodType, D> | undefined,
  deps: D,
  request: Request,
  response: Response,
): Promise<{ body: unknown; rawBody: Buffer }> {
  if (declared === undefined) return { body: undefined, rawBody: Buffer.alloc(0) };
  const { schema, limit } = declared;
  const maxBytes = typeof limit === 'number' ? limit : limit(deps, request.params as Record<string, string>);
  const rawBody = await readBody(request, response, maxBytes);
  const parsed = schema.safeParse(rawBody.length === 0 ? {} : parseJson(rawBody));
  if (parsed.success) return { body: parsed.data, rawBody };
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const name = [...issue.path, issue.keys[0]].join('.');
    throw new HttpError('bad_request', `${name}: there is no such field`);
  }
  throw new HttpError('bad_request', `${issue?.path.join('.') || 'the body'}: ${issue?.message}`);
}

/** @throws HttpError `invalid_parameter` */
function parseQuery(schema: z.ZodType, query: unknown): unknown {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = issue?.code === 'unrecognized_keys' ? issue.keys[0] : String(issue?.path[0]);
  const fault = issue?.code === 'unrecognized_keys' ? 'there is no such parameter' : issue?.message;
  throw new HttpError('invalid_parameter', `${name}: ${fault}`);
}
