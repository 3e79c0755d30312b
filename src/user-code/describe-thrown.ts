// Describes whatever user code has thrown, in plain text that can cross to another process and be stored.
import { inspect } from 'node:util';
import { isPermanentError } from '../contracts/failures.ts';

const MESSAGE_MAX_LENGTH = 2_000;
const STACK_MAX_LENGTH = 4_000;
/** Causes and errors of an `AggregateError` that are shown. */
const RELATED_MAX = 5;
const NAME = /^[\w.]{1,64}$/;

export interface Thrown {
  /** The name of the error's class; `Error` where it has none that fits a search attribute. */
  name: string;
  message: string;
  stack?: string;
  permanent: boolean;
}

/** Never throws, whatever was thrown: getters, proxies, cycles and missing prototypes included. */
export function describeThrown(thrown: unknown): Thrown {
  const error = isObject(thrown) ? thrown : undefined;
  const name = textOf(error, 'name') ?? '';
  const stack = stackOf(thrown);
  return {
    name: NAME.test(name) ? name : 'Error',
    message: messageOf(thrown).slice(0, MESSAGE_MAX_LENGTH),
    permanent: safely(() => isPermanentError(thrown)) ?? false,
    ...(stack ? { stack: stack.slice(0, STACK_MAX_LENGTH) } : {}),
  };
}

/** The message, and those of its causes and of the errors that it stands for. */
function messageOf(thrown: unknown, depth = 0): string {
  const own = ownMessage(thrown);
  if (depth >= RELATED_MAX || !isObject(thrown)) return own;
  const errors = relatedErrors(thrown).map((one) => messageOf(one, depth + 1));
  const cause = read(thrown, 'cause');
  const parts = [
    own,
    ...(errors.length > 0 ? [`[${errors.join('; ')}]`] : []),
    ...(cause === undefined ? [] : [`(cause: ${messageOf(cause, depth + 1)})`]),
  ];
  return parts.filter(Boolean).join(' ');
}

function ownMessage(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  const message = isObject(thrown) ? read(thrown, 'message') : undefined;
  if (typeof message === 'string') return message;
  // An error whose message is no text, or something that is no error at all.
  const shown = message === undefined ? thrown : message;
  if (shown === thrown && thrown instanceof Error) return '';
  return (
    safely(() => inspect(shown, { depth: 2, breakLength: Number.POSITIVE_INFINITY })) ??
    'an object that cannot be shown'
  );
}

function stackOf(thrown: unknown, depth = 0): string | undefined {
  const stack = textOf(isObject(thrown) ? thrown : undefined, 'stack');
  if (stack === undefined || depth >= RELATED_MAX || !isObject(thrown)) return stack && shorten(stack);
  const cause = read(thrown, 'cause');
  const causes = cause === undefined ? [] : [`cause: ${stackOf(cause, depth + 1) ?? ownMessage(cause)}`];
  const errors = relatedErrors(thrown).map(
    (one, i) => `[${i}]: ${stackOf(one, depth + 1) ?? ownMessage(one)}`,
  );
  return [shorten(stack), ...causes, ...errors].join('\n');
}

/** Shows paths from the project's folder on: where it lies on this machine is nobody's business. */
function shorten(stack: string): string {
  return stack.replaceAll(`file://${process.cwd()}/`, '').replaceAll(`${process.cwd()}/`, '');
}

function relatedErrors(thrown: object): unknown[] {
  const errors = read(thrown, 'errors');
  return Array.isArray(errors) ? errors.slice(0, RELATED_MAX) : [];
}

function textOf(object: object | undefined, key: string): string | undefined {
  const value = object && read(object, key);
  return typeof value === 'string' ? value : undefined;
}

/** A property may be a getter that throws. */
function read(object: object, key: string): unknown {
  return safely(() => (object as Record<string, unknown>)[key]);
}

function safely<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
