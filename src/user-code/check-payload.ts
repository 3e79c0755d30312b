// Holds a payload to the schema of its source.
import type { ZodType } from 'zod';
import { describeThrown } from './describe-thrown.ts';
import type { SchemaResult } from './messages.ts';

/** An array of a thousand bad items is described by its first ones. */
const ISSUES_MAX = 20;

/** Whatever a schema throws, a refinement of the user's or a stack that overflows, is a fault of the payload. */
export async function checkPayload(schema: ZodType, body: Uint8Array): Promise<SchemaResult> {
  try {
    const text = Buffer.from(body)
      .toString('utf8')
      .replace(/^\uFEFF/, '');
    const result = await schema.safeParseAsync(JSON.parse(text));
    if (result.success) return { ok: true };
    const issues = result.error.issues.slice(0, ISSUES_MAX);
    return {
      ok: false,
      issues: issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
    };
  } catch (error) {
    const { name, message } = describeThrown(error);
    return { ok: false, issues: [{ path: '', message: `the schema failed: ${name}: ${message}` }] };
  }
}
