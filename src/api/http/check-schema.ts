// Holds a payload to the schema of its source.
import type { SourceConfig } from '../../config/config.ts';
import { HttpError } from './errors.ts';

/** An array of a thousand bad items is told of by its first ones. */
const ISSUES_MAX = 20;

/** @throws HttpError `invalid_payload` */
export async function checkSchema({ schema }: Pick<SourceConfig, 'schema'>, payload: unknown): Promise<void> {
  const result = await schema?.safeParseAsync(payload);
  if (result === undefined || result.success) return;
  const errors = result.error.issues.slice(0, ISSUES_MAX).map(({ path, message }) => ({
    path: path.map(String).join('.'),
    message,
  }));
  throw new HttpError('invalid_payload', `${errors[0]?.path || 'the body'}: ${errors[0]?.message}`, {
    members: { errors },
  });
}
