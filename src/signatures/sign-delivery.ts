// Signs what Surehook itself sends: forwarded events and callbacks.
import { createHash } from 'node:crypto';
import { hmacText } from './algorithms.ts';
import { assertBytes } from './assert-bytes.ts';
import { signingKey } from './check-secret.ts';

export interface SignDeliveryOptions {
  /** Every active secret, at least one. The first secret also makes `x-webhook-signature`. */
  secrets: readonly string[];
  /** Determines `webhook-id`, which so stays the same over retries and replays. */
  workflowId: string;
  /** Names another body of the same event: a corrected body has a `webhook-id` of its own, or receivers would drop it. */
  correction?: string | undefined;
  /** The bytes that are sent. */
  rawBody: Uint8Array;
  /** Unix seconds of this attempt; the system's clock unless given. */
  now?: number;
}

/** The headers that `signDelivery` sets. */
export type DeliveryHeaders = Record<
  'x-webhook-signature' | 'webhook-id' | 'webhook-timestamp' | 'webhook-signature',
  string
>;

/**
 * Makes the signature headers of one delivery attempt: `x-webhook-signature`, the lower-case hex HMAC-SHA256 of the
 * body under the whole text of the first secret, and Standard Webhooks' three headers with one `v1,…` per secret. For
 * those, a `whsec_` secret is base64-decoded, as https://www.standardwebhooks.com says; any other is used as UTF-8.
 *
 * @throws TypeError for an empty list of secrets, a secret that `checkSecret('delivery', …)` refuses, or a body
 *   that is not bytes
 */
export function signDelivery({
  secrets,
  workflowId,
  correction,
  rawBody,
  now,
}: SignDeliveryOptions): DeliveryHeaders {
  const [first] = secrets;
  if (!Array.isArray(secrets) || first === undefined) {
    throw new TypeError(
      'No delivery secret was given: secrets must list at least one, or the receiver has nothing to verify.',
    );
  }
  const keys = secrets.map((secret) => signingKey('delivery', secret));
  assertBytes(rawBody);
  const id = deliveryId(workflowId, correction);
  const timestamp = String(Math.floor(now ?? Date.now() / 1000));
  const signatures = keys.map(
    ({ bytes }) => `v1,${hmacText(bytes, [`${id}.${timestamp}.`, rawBody], 'base64')}`,
  );
  return {
    'x-webhook-signature': hmacText(Buffer.from(first, 'utf8'), [rawBody], 'hex'),
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

/** `webhook-id`: a digest of the workflow id, which may have dots, and ids that the receiver should not learn. */
export function deliveryId(workflowId: string, correction: string | undefined): string {
  const text = correction === undefined ? workflowId : `${workflowId}\n${correction}`;
  return `msg_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
