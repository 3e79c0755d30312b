// Answers a sender: with a receipt, with what its provider wants to hear, or with the end of a handshake.
import type { Response } from 'express';
import type { SourceConfig } from '../../config/config.ts';
import type { SchemeAnswer } from '../../signatures/index.ts';

/** What was answered, for metrics and traces. */
export interface Received {
  outcome: 'accepted' | 'duplicate' | 'handshake';
  statusCode: number;
  /** Of the first one, if the body had several events; undefined if it had none. */
  eventId: string | undefined;
}

/** What became of one event. */
export interface Receipt {
  status: 'accepted' | 'duplicate';
  event_id: string;
  workflow_id: string;
}

/** @param receipts of the events of one body, all of them stored; none for a batch without items */
export function sendReceipts(response: Response, source: SourceConfig, receipts: Receipt[]): Received {
  const isKnown = receipts.length > 0 && receipts.every(({ status }) => status === 'duplicate');
  const outcome = isKnown ? 'duplicate' : 'accepted';
  const statusCode = source.respond?.status ?? (outcome === 'accepted' ? 202 : 200);
  send(response, { ...source.respond, status: statusCode }, receiptOf(source, outcome, receipts));
  return { outcome, statusCode, eventId: receipts[0]?.event_id };
}

export function sendHandshake(response: Response, answer: SchemeAnswer): Received {
  send(response, answer, undefined);
  return { outcome: 'handshake', statusCode: answer.status, eventId: undefined };
}

function receiptOf({ name }: SourceConfig, status: Receipt['status'], receipts: Receipt[]): object {
  const [only, ...others] = receipts;
  if (only && others.length === 0) {
    const { event_id, workflow_id } = only;
    return { status, event_id, source: name, workflow_id };
  }
  return { status, source: name, events: receipts };
}

function send(response: Response, answer: SchemeAnswer, receipt: object | undefined): void {
  const { status, body, contentType, headers = {} } = answer;
  response.status(status).set(headers);
  if (status === 204) {
    if (contentType !== undefined) response.setHeader('content-type', contentType); // Discord asks for one
    return void response.end();
  }
  if (body === undefined && receipt !== undefined) return void response.json(receipt);
  // Not by Express, which would add a charset: some providers compare the type.
  response.setHeader('content-type', contentType ?? 'text/plain; charset=utf-8').end(body ?? '');
}
