// Turns what a handler threw into the JSON-RPC error that the client gets.
import {
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server';
import type { Logger } from 'pino';
import type { HttpError } from '../../http/errors.ts';
import { toHttpError } from '../../http/to-http-error.ts';
import { TASKS_EXTENSION } from './client-capabilities.ts';

export function toRpcError(error: unknown, log: Logger): ProtocolError {
  if (error instanceof ProtocolError) return error;
  const problem = toHttpError(error);
  const { code, message, extras } = problem;
  if (code === 'internal_error') log.error({ err: error }, 'mcp request failed');
  else log.info({ code }, 'mcp request refused');
  return new ProtocolError(toRpcCode(problem), message, { code, ...extras.members, ...retryOf(problem) });
}

function toRpcCode({ code }: HttpError): number {
  switch (code) {
    case 'unknown_task_type':
    case 'task_not_found':
    case 'invalid_answer':
      return ProtocolErrorCode.InvalidParams;
    default:
      return ProtocolErrorCode.InternalError;
  }
}

/** As `Retry-After`, which has no place in an answer with status 200. */
function retryOf({ extras }: HttpError): { retryAfterSeconds?: number } {
  const seconds = extras.headers?.['retry-after'];
  return seconds === undefined ? {} : { retryAfterSeconds: Number(seconds) };
}

export function invalidParams(message: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message);
}

/** What can only be answered with a handle goes to no client that does not understand one. */
export function missingTasks(): ProtocolError {
  const requiredCapabilities = { extensions: { [TASKS_EXTENSION]: {} } };
  return new MissingRequiredClientCapabilityError(
    { requiredCapabilities },
    `this needs a client with the extension ${TASKS_EXTENSION}`,
  );
}
