// Turns what an A2A operation threw into A2A's own errors: the SDK's handlers give each its code, status and details.
import { inspect } from 'node:util';
import {
  A2AError,
  ContentTypeNotSupportedError,
  RequestMalformedError,
  TaskNotFoundError,
  UnsupportedOperationError,
} from '@a2a-js/sdk/errors';
import { toPrintableLine } from '../../../contracts/printable.ts';
import type { HttpError } from '../../http/errors.ts';
import { toHttpError } from '../../http/to-http-error.ts';
import type { Caller } from './caller.ts';

/** An error that A2A has no class for: `INTERNAL` by JSON-RPC, the own API's status by REST. */
class ServiceError extends A2AError {
  readonly transport = 'rest'; // the SDK reads the status of such errors alone
  readonly statusCode: number;
  override readonly reason: string;

  constructor({ message, code, status }: HttpError) {
    super(message);
    this.reason = code.toUpperCase();
    this.statusCode = status;
  }
}

/** @returns an error that says nothing of the inside; `caller` gets the headers that belong to it */
export function toA2AError(error: unknown, caller: Caller): A2AError {
  const found = error instanceof A2AError ? error : fromHttpError(toHttpError(error), caller);
  found.message = toPrintableLine(found.message);
  // The SDK prints what it cannot answer by a plain answer, and would print a stack.
  Object.defineProperty(found, inspect.custom, { value: () => `${found.name}: ${found.message}` });
  return found;
}

function fromHttpError(error: HttpError, caller: Caller): A2AError {
  const { code, message, extras } = error;
  const options = { message, metadata: { code } };
  switch (code) {
    case 'task_not_found':
      return new TaskNotFoundError(options);
    case 'task_ended':
    case 'nothing_asked':
      return new UnsupportedOperationError(options);
    case 'idempotency_conflict':
      return new RequestMalformedError({
        ...options,
        message:
          'message.messageId: another message of yours has this id; give each message an id of its own',
      });
    case 'bad_request':
    case 'invalid_json':
    case 'invalid_parameter':
    case 'url_not_allowed':
    case 'unknown_task_type':
    case 'invalid_input':
    case 'invalid_answer':
      return new RequestMalformedError(options);
    default:
      caller.setHeaders(extras.headers ?? {});
      return new ServiceError(error);
  }
}

/** @param field of the request, such as `message.messageId` */
export function malformed(field: string, fault: string): A2AError {
  return new RequestMalformedError(`${field}: ${fault}`);
}

export function noSuchTask(taskId: string): A2AError {
  return new TaskNotFoundError(`there is no task ${taskId.slice(0, 64)}`);
}

export function contentNotTaken(field: string, fault: string): A2AError {
  return new ContentTypeNotSupportedError(`${field}: ${fault}`);
}

export function noSuchConfig(id: string): A2AError {
  return new TaskNotFoundError(`the task has no push notification config ${id.slice(0, 64)}`);
}
