// Sends an alert as a mail in plain text over SMTP.
import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import type { EmailRoute } from '../../config/config.ts';
import type { AttemptResult } from '../attempts/attempt-result.ts';
import { networkErrorCode } from '../http/network-error.ts';
import { type Alert, describeExample, toExamples, toNextSteps, toSections, toTitle } from './alert.ts';

/** By nodemailer's error code: https://nodemailer.com/smtp#error-codes */
const CODES: Record<string, string> = {
  EAUTH: 'smtp_auth_failed',
  ENOAUTH: 'smtp_auth_failed',
  ETLS: 'tls_error',
  EENVELOPE: 'smtp_address_refused',
  EMESSAGE: 'smtp_message_refused',
  EDNS: 'dns_not_found',
};

export async function sendEmail(
  route: EmailRoute,
  alert: Alert,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const transport = createTransport(toTransport(route.smtp.reveal()));
  try {
    const { response, rejected } = await transport.sendMail({
      from: route.from,
      to: [...route.to],
      subject: `[Surehook] ${toTitle(alert)}`,
      text: toText(alert),
      date: alert.at,
      // The id is the same in every attempt, so that a mail program recognises a mail that comes twice.
      messageId: toMessageId(alert.id, route.from),
      headers: { 'auto-submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
      signal,
    });
    return {
      ok: true,
      statusCode: Number(response.slice(0, 3)),
      responseExcerpt: response.slice(4),
      // The other addresses have the mail. Another attempt for these would delay the next alerts.
      ...(rejected.length > 0 ? { message: `refused for ${rejected.join(', ')}` } : {}),
    };
  } catch (error) {
    return toFailure(error, signal);
  } finally {
    transport.close();
  }
}

/** The id is in the sender's domain, as RFC 5322 recommends: mail filters check it. */
function toMessageId(id: string, from: string): string {
  const digest = createHash('sha256').update(id).digest('hex').slice(0, 32);
  return `<${digest}@${from.replace(/^.*@/, '').replace(/>$/, '')}>`;
}

function toTransport(smtp: string) {
  const { protocol, hostname, port, username, password } = new URL(smtp);
  const secure = protocol === 'smtps:';
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const auth = { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  return {
    host,
    port: Number(port) || (secure ? 465 : 587),
    secure,
    // A password crosses no network unencrypted; this machine's own loopback is none.
    requireTLS: username !== '' && !isLoopback(host),
    ...(username === '' ? {} : { auth }),
  };
}

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || /^127\./.test(host);

function toFailure(error: unknown, signal: AbortSignal): AttemptResult {
  const {
    code = '',
    errno,
    message,
    response,
    responseCode,
  } = error as Error & {
    code?: string;
    errno?: number;
    response?: string;
    responseCode?: number;
  };
  if (signal.aborted) return { ok: false, error: 'timeout', message: 'no answer in time' };
  // nodemailer calls every error of a socket ESOCKET; the system's code is in the cause or in the message.
  const cause = (error as Error).cause ?? (errno === undefined ? undefined : error);
  const named = /\bE[A-Z]{3,}\b/.exec(message)?.[0];
  const network = networkErrorCode(cause ?? { code: named }, signal);
  const known = CODES[code] ?? (network === 'network_error' ? undefined : network);
  return {
    ok: false,
    error: known ?? (responseCode ? `smtp_${responseCode}` : 'smtp_error'),
    message: response ?? message,
  };
}

export function toText(alert: Alert): string {
  const sections = toSections(alert).map(({ heading, lines }) => block(heading, lines));
  const examples = toExamples(alert).flatMap((example) => [
    `${example.source} ${example.event_id}${describeExample(example)}`,
    ...(example.url ? [`  ${example.url}`] : []),
  ]);
  return [
    ...sections,
    ...(examples.length > 0 ? [block('Examples', examples)] : []),
    ...(toNextSteps(alert).length > 0 ? [block('Next', toNextSteps(alert))] : []),
    `Alert route ${alert.route}, ${alert.at.toISOString()}`,
  ].join('\n\n');
}

function block(heading: string, lines: string[]): string {
  return [heading, ...lines.map((line) => `  ${line}`)].join('\n');
}
