// Who asks by A2A: what the SDK's handlers pass on from the HTTP request to ours.
import type { ServerCallContext, User } from '@a2a-js/sdk/server';
import type { Request, Response } from 'express';
import { holdOpen } from '../../http/hold-open.ts';
import { clientNameOf } from '../clients.ts';
import { traceOf } from '../request-fields.ts';

export class Caller implements User {
  readonly isAuthenticated = true;
  readonly client: string;
  readonly trace: { traceparent?: string };
  readonly #response: Response;

  constructor(request: Request, response: Response) {
    this.client = clientNameOf(response);
    this.trace = traceOf(request);
    this.#response = response;
  }

  get userName(): string {
    return this.client;
  }

  /** The answer may take longer than that of a stranger. @returns aborted when nobody waits for it any more */
  hold(): AbortSignal {
    return holdOpen(this.#response);
  }

  /** The SDK's handlers send no headers with an error. */
  setHeaders(headers: Record<string, string>): void {
    if (!this.#response.headersSent) this.#response.set(headers);
  }
}

/** For the SDK: `requireClient` has let the request pass. */
export async function buildCaller(request: Request): Promise<Caller> {
  return new Caller(request, request.res as Response);
}

export function callerOf({ user }: ServerCallContext): Caller {
  return user as Caller;
}
