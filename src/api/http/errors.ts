// Every error that the HTTP APIs answer with: one table, one error class, RFC 9457 on the wire.
import type { Response } from 'express';

export const ERRORS = {
  // the request itself
  bad_request: [400, 'The request is malformed'],
  invalid_json: [400, 'The body is not JSON'],
  invalid_parameter: [400, 'A query parameter is not valid'],
  not_found: [404, 'There is nothing at this path'],
  method_not_allowed: [405, 'The method is not allowed here'],
  request_timeout: [408, 'The request took too long to arrive'],
  url_not_allowed: [400, 'The URL is not one that a client may give'],
  invalid_body: [400, 'The body is not of the kind that is expected'],
  unsupported_encoding: [415, 'The content encoding is not one that can be read'],
  payload_too_large: [413, 'The body is too large'],
  headers_too_large: [431, 'The headers are too large'],
  too_many_requests: [429, 'Too many requests come, or are under way'],
  // who asks
  unauthorized: [401, 'The bearer token is missing or wrong'],
  ip_not_allowed: [403, 'The client address is not allowed'],
  // a webhook
  unknown_source: [404, 'There is no such source'],
  signature_missing: [401, 'The signature header is missing'],
  signature_invalid: [401, 'The signature is wrong'],
  timestamp_out_of_tolerance: [401, 'The signed timestamp is too old or too new'],
  event_id_missing: [400, 'The webhook has no event id'],
  event_id_invalid: [400, 'The event id cannot be used'],
  invalid_payload: [400, 'The body does not fit the schema of the source'],
  payload_unchecked: [503, 'The schema of the source gave no answer; send it again'],
  not_queued: [503, 'Nothing was queued; send it again'],
  // agent tasks
  unknown_task_type: [404, 'There is no such task type'],
  invalid_input: [400, 'The input does not fit the task type'],
  invalid_answer: [400, 'The answer does not fit the question'],
  rate_limited: [429, 'The client asks too often'],
  too_many_tasks: [429, 'The client has too many tasks under way'],
  idempotency_conflict: [422, 'The idempotency key belongs to another request'],
  idempotency_in_progress: [409, 'The first request with this key is under way'],
  task_not_found: [404, 'There is no such task'],
  task_ended: [409, 'The task has ended'],
  nothing_asked: [409, 'The task asks nothing'],
  delivery_not_found: [404, 'There is no such delivery'],
  // events
  event_not_found: [404, 'There is no such event'],
  event_closed: [409, 'The event is not under way'],
  nothing_waits: [409, 'No step waits for its next attempt'],
  // dead letters
  not_dead_letter: [409, 'The event is not a dead letter'],
  already_replayed: [409, 'Somebody else closed the dead letter first'],
  // jobs and endpoints
  job_not_found: [404, 'There is no such job'],
  job_ended: [409, 'The job has ended'],
  endpoint_not_found: [404, 'There is no such endpoint'],
  // what Surehook depends on
  payload_unreadable: [500, 'A stored payload cannot be read'],
  storage_unavailable: [503, 'The storage of large bodies cannot be used'],
  temporal_unavailable: [503, 'Temporal does not answer'],
  internal_error: [500, 'Something went wrong on our side'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ErrorCode = keyof typeof ERRORS;

/** Codes that any route of any listener can answer with. */
export const LISTENER_ERRORS: readonly ErrorCode[] = [
  'bad_request',
  'request_timeout',
  'headers_too_large',
  'internal_error',
];

export interface ErrorExtras {
  /** RFC 9457 extension members, such as `errors`. */
  members?: Record<string, unknown>;
  headers?: Record<string, string>;
  /** The client may still be sending the body: the rest is not read, and the connection is closed. */
  bodyUnread?: true;
  /** For the log only. */
  cause?: unknown;
}

export class HttpError extends Error {
  readonly code: ErrorCode;
  readonly extras: ErrorExtras;

  /** @param detail for the caller: it names the field and the fix, and contains no secret */
  constructor(code: ErrorCode, detail: string, extras: ErrorExtras = {}) {
    super(detail, { cause: extras.cause });
    this.code = code;
    this.extras = extras;
  }

  get status(): number {
    return ERRORS[this.code][0];
  }
}

export function toProblem({ code, message, extras, status }: HttpError): Record<string, unknown> {
  return {
    type: `urn:surehook:error:${code}`,
    title: ERRORS[code][1],
    status,
    detail: message,
    code,
    ...extras.members,
  };
}

/** The time that a client that is still sending has to read the answer. */
export const ANSWER_LINGER_MS = 2_000;

export function sendProblem(response: Response, error: HttpError): void {
  const body = JSON.stringify(toProblem(error));
  const { headers = {}, bodyUnread } = error.extras;
  response.status(error.status).set(headers).type('application/problem+json');
  if (!bodyUnread) return void response.send(body);
  // The whole answer is written before the response ends. When it ends, Node closes the socket, and unread bytes turn
  // the close into a reset, which fails the client's next write before the client has read anything.
  response.set({ connection: 'close', 'content-length': String(Buffer.byteLength(body)) }).write(body);
  const { socket } = response;
  setTimeout(() => {
    response.end();
    socket?.destroy(); // else a client that does not read keeps the request
  }, ANSWER_LINGER_MS).unref();
}
