// Bounds how often webhooks may come from one address and for one source, before anything of a body is read.
import type { Response } from 'express';
import type { SourceConfig } from '../../config/config.ts';
import { HttpError } from '../http/errors.ts';
import { type Counted, type Rate, RequestRates } from '../http/request-rates.ts';

export class WebhookRates {
  readonly #byClient = new RequestRates('client');
  readonly #bySource = new RequestRates('source');
  readonly #clientRate: Rate | undefined;

  /** @param clientRate of one address; undefined: no limit */
  constructor(clientRate: Rate | undefined) {
    this.#clientRate = clientRate;
  }

  /**
   * @param client undefined: a trusted proxy that speaks for nobody in particular
   * @throws HttpError `too_many_requests`
   */
  enterClient(client: string | undefined, response: Response): void {
    if (client === undefined || this.#clientRate === undefined) return;
    const counted = this.#byClient.count(client, this.#clientRate);
    judge(counted, response, 'this address sends too often');
  }

  /** @throws HttpError `too_many_requests` */
  enterSource({ name, rateLimit }: SourceConfig, response: Response): void {
    if (rateLimit === undefined) return;
    judge(this.#bySource.count(name, rateLimit), response, 'too many webhooks come for this source');
  }
}

function judge({ isWithin, headers }: Counted, response: Response, fault: string): void {
  for (const [name, value] of Object.entries(headers)) response.append(name, value);
  if (isWithin) return;
  const detail = `${fault}; Retry-After says when to send it again`;
  throw new HttpError('too_many_requests', detail, { bodyUnread: true });
}
