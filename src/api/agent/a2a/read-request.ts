// Reads a request of A2A before the SDK's handlers do: within our limits, and what they would print or misread.
import { A2A_CONTENT_TYPE, A2A_PROTOCOL_VERSION } from '@a2a-js/sdk';
import {
  A2A_ERROR_CODE,
  type A2AError,
  RequestMalformedError,
  restStatusFor,
  toJsonRpcError,
  toRestErrorBody,
  VersionNotSupportedError,
} from '@a2a-js/sdk/errors';
import type { Request, RequestHandler, Response } from 'express';
import { HttpError } from '../../http/errors.ts';
import { parseJson } from '../../http/parse-json.ts';
import { readBody } from '../../http/read-body.ts';
import { TASK_MAX_BYTES } from '../create-task.ts';

/** The SDK prints the id of a JSON-RPC request in which something fails. */
const PRINTABLE_ID = /^[ -~]{0,256}$/;
/** Patches of the protocol change nothing: `1.0.1` is `1.0`. */
const VERSION = /^(\d{1,4}\.\d{1,4})(?:\.\d{1,4})?$/;
const VERSION_HEADER = 'a2a-version';

/** The SDK reads no body that was read already; by itself it would read no more than 100 kB. */
export const readRestRequest: RequestHandler = async (request, response, next) => {
  try {
    await readJson(request, response);
    requireVersion(request);
  } catch (error) {
    const fault = toRefusal(error);
    const status = restStatusFor(fault);
    return void response.status(status).type(A2A_CONTENT_TYPE).json(toRestErrorBody(fault, status));
  }
  next();
};

export const readJsonRpcRequest: RequestHandler = async (request, response, next) => {
  const answer = (error: { code: number; message: string }, id: unknown = null) =>
    void response.json({ jsonrpc: '2.0', id, error });
  let body: { id?: unknown; method?: unknown } | undefined;
  try {
    await readJson(request, response);
    body = request.body as typeof body;
    const isBad = typeof body?.id === 'string' && !PRINTABLE_ID.test(body.id);
    if (isBad) return answer({ code: A2A_ERROR_CODE.INVALID_REQUEST, message: 'id: expected visible ASCII' });
  } catch (error) {
    return answer({ code: A2A_ERROR_CODE.PARSE_ERROR, message: toRefusal(error).message });
  }
  try {
    requireVersion(request);
  } catch (error) {
    return answer(toJsonRpcError(error), body?.id ?? null);
  }
  next();
};

/** @throws HttpError; `invalid_json` for what is not JSON */
async function readJson(request: Request, response: Response): Promise<void> {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  if (length === '0' && encoding === undefined) return;
  const bytes = await readBody(request, response, TASK_MAX_BYTES);
  const type = request.headers['content-type'] ?? 'application/json';
  if (bytes.length > 0 && /json/i.test(type)) request.body = parseJson(bytes); // the SDK refuses other types
}

/** Header or query; without one it is 0.3, as A2A has it. */
function requireVersion(request: Request): void {
  const given = request.get(VERSION_HEADER) || request.query['A2A-Version'] || '0.3';
  const [, version] = VERSION.exec(String(given)) ?? [];
  if (version !== A2A_PROTOCOL_VERSION)
    throw new VersionNotSupportedError(
      `A2A-Version: this agent speaks ${A2A_PROTOCOL_VERSION}; without the header, 0.3 is asked for`,
    );
  request.headers[VERSION_HEADER] = version;
}

/** @throws what is not about the JSON: a body that is too large or too slow is HTTP's to refuse */
function toRefusal(error: unknown): A2AError {
  if (error instanceof VersionNotSupportedError) return error as A2AError;
  if (error instanceof HttpError && error.code === 'invalid_json')
    return new RequestMalformedError(error.message);
  throw error;
}
