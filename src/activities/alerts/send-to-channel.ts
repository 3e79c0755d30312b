// Sends one message of an alert through its route's channel; the result is without the route's secrets.
import type { AlertRouteConfig, PagerDutyRoute } from '../../config/config.ts';
import { errorCodeOf } from '../../contracts/failures.ts';
import type { AttemptResult } from '../attempts/attempt-result.ts';
import { httpPost } from '../http/http-post.ts';
import type { Outlets } from '../http/outlets.ts';
import type { Alert } from './alert.ts';
import { toSlackMessage } from './slack.ts';
import { toWebhookBody, toWebhookHeaders } from './webhook.ts';

/** Nobody waits for the message, and a mail server may take its time to check a sender. */
const TIMEOUT_MS = 15_000;

export interface ChannelDeps {
  outlets: Outlets;
  /** Aborted when the activity is cancelled or its worker stops. */
  signal: AbortSignal;
}

/** Sends through every channel but PagerDuty, which needs an event per source. */
export async function sendMessage(
  route: Exclude<AlertRouteConfig, PagerDutyRoute>,
  alert: Alert,
  deps: ChannelDeps,
): Promise<AttemptResult> {
  switch (route.channel) {
    case 'slack':
      return await postJson(route, route.url.reveal(), toSlackMessage(alert), deps);
    case 'webhook':
      return await postJson(route, route.url, toWebhookBody(alert), deps, (body) =>
        toWebhookHeaders(route, alert, body),
      );
    case 'email': {
      const { sendEmail } = await import('./email.ts'); // nodemailer takes time to load
      const signal = AbortSignal.any([deps.signal, AbortSignal.timeout(TIMEOUT_MS)]);
      return withoutSecrets(route, await sendEmail(route, alert, signal));
    }
  }
}

export async function postJson(
  route: AlertRouteConfig,
  url: string,
  message: unknown,
  { outlets, signal }: ChannelDeps,
  sign: (body: Uint8Array) => Record<string, string> = () => ({}),
): Promise<AttemptResult> {
  const body = Buffer.from(JSON.stringify(message));
  const result = await httpPost({
    url,
    headers: { 'user-agent': 'Surehook', 'content-type': 'application/json', ...sign(body) },
    body,
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    outlet: outlets.of('alerts', { limitMs: TIMEOUT_MS }),
  });
  return withoutSecrets(route, result);
}

/** A code such as `http_500` or `timeout`; undefined if the message was sent. */
export function codeOf({ ok, error, statusCode }: AttemptResult): string | undefined {
  return ok ? undefined : errorCodeOf({ error, status_code: statusCode });
}

/** An answer or an error message may quote the request. */
function withoutSecrets(route: AlertRouteConfig, result: AttemptResult): AttemptResult {
  const secrets = secretsOf(route).filter((secret) => secret.length >= 4);
  const clean = (text: string) => secrets.reduce((kept, secret) => kept.replaceAll(secret, '[secret]'), text);
  const { message, responseExcerpt, ...rest } = result;
  return {
    ...rest,
    ...(message === undefined ? {} : { message: clean(message) }),
    ...(responseExcerpt === undefined ? {} : { responseExcerpt: clean(responseExcerpt) }),
  };
}

/** Every form in which the route's secrets leave this process, the longest first. */
function secretsOf(route: AlertRouteConfig): string[] {
  switch (route.channel) {
    case 'slack': {
      const url = route.url.reveal();
      return [url, new URL(url).pathname];
    }
    case 'pagerduty':
      return [route.routingKey.reveal()];
    case 'webhook':
      return [...route.secrets, ...Object.values(route.headers)].flatMap((value) =>
        typeof value === 'string' ? [] : [value.reveal()],
      );
    case 'email': {
      const { username, password } = new URL(route.smtp.reveal());
      const user = decodeURIComponent(username);
      const pass = decodeURIComponent(password);
      const plain = Buffer.from(`\0${user}\0${pass}`).toString('base64');
      return [route.smtp.reveal(), plain, Buffer.from(pass).toString('base64'), pass, password];
    }
  }
}
