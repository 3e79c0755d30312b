// Checks every answer that a test gets from an API against the OpenAPI document of its listener.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { PUBLIC_DOCUMENT } from '../../src/api/agent/routes.ts';
import { OPERATOR_DOCUMENT } from '../../src/api/operator/routes.ts';

type Json = Record<string, unknown>;

interface Operation {
  responses: Record<string, { content?: Record<string, { schema: Json }> }>;
}

type Check = (method: string, pathname: string, status: number, type: string, text: string) => void;

/** The statuses with which every listener answers requests for paths that are in no document. */
const OUTSIDE = [400, 401, 404, 405, 408, 431];

function checker({ paths: given, components }: { paths: unknown; components: unknown }): Check {
  const paths = given as Record<string, Record<string, Operation>>;
  const patterns = Object.keys(paths).map((path) => ({
    path,
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    literals: path.split('/').filter((part) => !part.startsWith('{')).length,
  }));
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema({ $id: 'document', components: strictly(components) });

  function operationOf(method: string, pathname: string): Operation | undefined {
    const found = patterns
      .filter(({ pattern }) => pattern.test(pathname))
      .sort((a, b) => b.literals - a.literals)[0];
    return found && paths[found.path]?.[(method === 'HEAD' ? 'GET' : method).toLowerCase()];
  }

  return (method, pathname, status, type, text) => {
    const operation = operationOf(method, pathname);
    if (operation === undefined && OUTSIDE.includes(status)) return;
    const name = `${method} ${pathname}`;
    if (operation === undefined)
      throw new Error(`${name} answered ${status}, and is not in the OpenAPI document`);
    if (status === 404 && JSON.parse(text).code === 'not_found') return; // a worker's listener has no such path
    const response = operation.responses[status];
    if (response === undefined)
      throw new Error(`${name} answered ${status}, which its document does not have`);
    const mediaType = type.split(';')[0] ?? '';
    const content = response.content?.[mediaType];
    if (content === undefined)
      throw new Error(`${name} answered ${status} as ${type}, which its document does not have`);
    if (!mediaType.endsWith('json')) return;
    const validate = ajv.compile(withReferences(strictly(content.schema)));
    if (validate(JSON.parse(text))) return;
    throw new Error(
      `${name} answered ${status} outside of its schema: ${ajv.errorsText(validate.errors)}\n${text}`,
    );
  };
}

/** Allows declared fields only. Clients must accept unknown fields, but in tests an undeclared field is a fault. */
function strictly<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(strictly) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, strictly(value)]);
  const copy = Object.fromEntries(entries) as Json;
  const isClosed =
    copy.type === 'object' && copy.properties !== undefined && copy.additionalProperties === undefined;
  return (isClosed ? { ...copy, additionalProperties: false } : copy) as T;
}

function withReferences(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/')) as Json;
}

/** @throws Error that says what in the answer of the operator API is not in its document */
export const checkAnswer = checker(OPERATOR_DOCUMENT);
/** The same for the public listener. */
export const checkPublicAnswer = checker(PUBLIC_DOCUMENT);
