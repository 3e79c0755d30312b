// Holds a payload to the schema of its source.
import type { ZodType } from 'zod';
import { parseBody } from '../bodies/parse-body.ts';
import type { ParsedConfig } from '../config/define-config.ts';
import type { SchemeName } from '../signatures/index.ts';
import { ownPayload } from './call-handler.ts';
import { describeThrown } from './describe-thrown.ts';
import type { SchemaCall, SchemaResult, TaskInputCall, TaskInputResult } from './messages.ts';

/** An array of a thousand bad items is described by its first ones. */
const ISSUES_MAX = 20;

/** Whatever a schema throws, a refinement of the user's or a stack that overflows, is a fault of the payload. */
export async function checkPayload(
  schema: ZodType,
  { body, format }: Pick<SchemaCall, 'body' | 'format'>,
  scheme?: SchemeName,
): Promise<SchemaResult> {
  try {
    return await check(
      schema,
      (scheme && ownPayload(scheme, body, format)) ?? (await parseBody(body, format)),
    );
  } catch (error) {
    return toFault('the schema failed', error);
  }
}

/** Holds what a client has given a task to the type's schema; text becomes JSON first. */
export async function checkTaskInput(
  { input: schema, fromText }: ParsedConfig['tasks'][string],
  { input, isText, origin = {} }: TaskInputCall,
): Promise<TaskInputResult> {
  try {
    if (!isText) return await check(schema, input);
    if (fromText === undefined) throw new Error('this task type takes no plain text');
    const made: unknown = JSON.parse(JSON.stringify(await fromText(String(input), origin)));
    return { ...(await check(schema, made)), input: made };
  } catch (error) {
    return toFault('the input cannot be used', error);
  }
}

async function check(schema: ZodType, value: unknown): Promise<SchemaResult> {
  const result = await schema.safeParseAsync(value);
  if (result.success) return { ok: true };
  const issues = result.error.issues.slice(0, ISSUES_MAX);
  return {
    ok: false,
    issues: issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  };
}

function toFault(what: string, error: unknown): SchemaResult {
  const { name, message } = describeThrown(error);
  return { ok: false, issues: [{ path: '', message: `${what}: ${name}: ${message}` }] };
}
