// Makes the OpenAPI 3.1 document of a listener from its route tables and the one error table.
import { z } from 'zod';
import { ERRORS, type ErrorCode } from './errors.ts';
import type { Answer, AnyRoute } from './route.ts';

/** Routes that share a prefix, a token and errors. */
export interface RouteGroup {
  // biome-ignore lint/suspicious/noExplicitAny: the document does not depend on what handlers are given
  routes: readonly AnyRoute<any>[];
  /** Stands before each path; empty unless given. */
  prefix?: string;
  /** The routes ask for a bearer token. */
  needsToken?: boolean;
  /** Codes that every route of the group can answer with. */
  errors?: readonly ErrorCode[];
}

export interface ListenerDocument {
  title: string;
  description: string;
  version: string;
  groups: readonly RouteGroup[];
}

type Schema = Record<string, unknown>;

const COMPONENTS = '#/components/schemas/';

/** RFC 9457. */
const problemView = z
  .object({
    type: z.string().describe('`urn:surehook:error:` and the code'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().describe('for people: names the field and the fix'),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]).describe('stable, for programs'),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe('with `invalid_payload`, `invalid_input` and `invalid_answer`: the first faults'),
    event_status: z.string().optional().describe('with `not_dead_letter` and `event_closed`'),
    task_status: z.string().optional().describe('with `task_ended`'),
    job_status: z.string().optional().describe('with `job_ended`'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

export function toOpenApi({ title, description, version, groups }: ListenerDocument) {
  const schemas: Record<string, Schema> = {};
  const paths: Record<string, Record<string, unknown>> = {};
  const toSchema = (type: z.ZodType, io: 'input' | 'output') => convert(type, io, schemas);
  toSchema(problemView, 'output');
  for (const group of groups) {
    for (const route of group.routes) {
      const path = `${group.prefix ?? ''}${route.path}`;
      paths[path] = { ...paths[path], [route.method]: toOperation(route, group, toSchema) };
    }
  }
  const needsToken = groups.some((group) => group.needsToken);
  const securitySchemes = { token: { type: 'http', scheme: 'bearer' } };
  return {
    openapi: '3.1.0',
    info: { title, version, description },
    paths,
    components: { schemas, ...(needsToken ? { securitySchemes } : {}) },
  };
}

type ToSchema = (type: z.ZodType, io: 'input' | 'output') => Schema;

function toOperation(route: RouteGroup['routes'][number], group: RouteGroup, toSchema: ToSchema) {
  const parameters = [
    ...toParameters('path', route.params, toSchema),
    ...toParameters('query', route.query, toSchema),
  ];
  const errors = [...new Set([...route.errors, ...(group.errors ?? [])])];
  const answers = Object.entries(route.answers as Record<string, Answer>);
  return {
    operationId: toOperationId(route),
    summary: route.summary,
    ...(route.description ? { description: route.description } : {}),
    ...(group.needsToken ? { security: [{ token: [] }] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...toRequestBody(route, toSchema),
    responses: {
      ...Object.fromEntries(answers.map(([status, answer]) => [status, toResponse(answer, toSchema)])),
      ...toErrorResponses(errors),
    },
  };
}

/** Such as `get_events_source_event_id`: the id is unique, and stable as long as the route is. */
function toOperationId({ method, path }: RouteGroup['routes'][number]): string {
  return `${method}${path.replaceAll(/[^a-zA-Z0-9]+/g, '_')}`.replace(/_$/, '');
}

function toParameters(place: 'path' | 'query', object: z.ZodObject | undefined, toSchema: ToSchema) {
  if (object === undefined) return [];
  return Object.entries(object.shape as Record<string, z.ZodType>).map(([name, type]) => {
    const { description, ...schema } = toSchema(type, 'input');
    const required = place === 'path' || !type.safeParse(undefined).success;
    return { name, in: place, required, ...(description ? { description } : {}), schema };
  });
}

function toRequestBody({ body, rawRequestBody }: RouteGroup['routes'][number], toSchema: ToSchema) {
  if (rawRequestBody) {
    const { description, contentTypes } = rawRequestBody;
    const content = Object.fromEntries(contentTypes.map((type) => [type, { schema: {} }]));
    return { requestBody: { required: true, description, content } };
  }
  if (body === undefined) return {};
  const required = !body.schema.safeParse({}).success;
  return {
    requestBody: { required, content: { 'application/json': { schema: toSchema(body.schema, 'input') } } },
  };
}

function toResponse({ description, view, contentType, headers }: Answer, toSchema: ToSchema) {
  const type = contentType ?? 'application/json';
  const schema = view ? toSchema(view, 'output') : { type: 'string' };
  const described = Object.entries(headers ?? {}).map(([name, text]) => [
    name,
    { description: text, schema: { type: 'string' } },
  ]);
  return {
    description,
    ...(described.length > 0 ? { headers: Object.fromEntries(described) } : {}),
    ...(view || contentType ? { content: { [type]: { schema } } } : {}),
  };
}

/** One response per status, with the route's codes that have this status. */
function toErrorResponses(codes: readonly ErrorCode[]) {
  const statuses = [...new Set(codes.map((code) => ERRORS[code][0]))].sort();
  return Object.fromEntries(
    statuses.map((status) => {
      const own = codes.filter((code) => ERRORS[code][0] === status);
      const description = own.map((code) => `\`${code}\`: ${ERRORS[code][1]}`).join('; ');
      const schema = {
        allOf: [{ $ref: `${COMPONENTS}Problem` }, { properties: { code: { enum: own } } }],
      };
      return [status, { description, content: { 'application/problem+json': { schema } } }];
    }),
  );
}

/** Converts a zod schema to JSON Schema. Schemas with an `id` become components, to which the others refer. */
function convert(type: z.ZodType, io: 'input' | 'output', schemas: Record<string, Schema>): Schema {
  const converted = z.toJSONSchema(type, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // A later version may add fields to an answer, and the schema must not make a client refuse them.
      if (io === 'output' && jsonSchema.additionalProperties === false)
        delete jsonSchema.additionalProperties;
    },
  });
  const text = JSON.stringify(converted).replaceAll('"#/$defs/', `"${COMPONENTS}`);
  const {
    $schema: _dialect,
    $defs = {},
    ...schema
  } = JSON.parse(text) as Schema & { $defs?: Record<string, Schema> };
  Object.assign(schemas, $defs);
  return schema;
}
